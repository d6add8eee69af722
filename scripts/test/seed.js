// Loaded into test processes that use fast-check: every property starts from the run's one seed, so that
// `npm test -- --seed N` repeats a run exactly.
import fc from 'fast-check'

const seed = Number(process.env.WIREHUB_TEST_SEED)
if (Number.isInteger(seed)) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
