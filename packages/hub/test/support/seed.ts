/** The run's seed: printed by the test runner, given to it by `npm test -- --seed N`. */
export const seed: number = Number(process.env.WIREHUB_TEST_SEED ?? 1)
