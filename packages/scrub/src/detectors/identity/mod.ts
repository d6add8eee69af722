import type { Detector } from '../../scan/types.ts'
import { argentinaCuit } from './ar-cuit.ts'
import { austriaSvnr } from './at-svnr.ts'
import { australiaMedicare } from './au-medicare.ts'
import { australiaTfn } from './au-tfn.ts'
import { belgiumNational } from './be-national-number.ts'
import { bulgariaEgn } from './bg-egn.ts'
import { brazilCnpj } from './br-cnpj.ts'
import { brazilCpf } from './br-cpf.ts'
import { canadaSin } from './ca-sin.ts'
import { switzerlandAhv } from './ch-ahv.ts'
import { chileRut } from './cl-rut.ts'
import { chinaId } from './cn-resident-id.ts'
import { czechBirthNumber } from './cz-sk-birth-number.ts'
import { germanyTaxId } from './de-tax-id.ts'
import { denmarkCpr } from './dk-cpr.ts'
import { balticId } from './ee-lt-personal-code.ts'
import { spainDni } from './es-dni.ts'
import { finlandHetu } from './fi-hetu.ts'
import { franceNir } from './fr-nir.ts'
import { greeceAmka } from './gr-amka.ts'
import { hongKongId } from './hk-id.ts'
import { croatiaOib } from './hr-oib.ts'
import { irelandPps } from './ie-pps.ts'
import { israelId } from './il-id.ts'
import { indiaAadhaar } from './in-aadhaar.ts'
import { indiaPan } from './in-pan.ts'
import { italyFiscale } from './it-codice-fiscale.ts'
import { japanMyNumber } from './jp-my-number.ts'
import { koreaRrn } from './kr-rrn.ts'
import { mexicoCurp } from './mx-curp.ts'
import { netherlandsBsn } from './nl-bsn.ts'
import { norwayFnr } from './no-fodselsnummer.ts'
import { passportMrz } from './passport-mrz.ts'
import { passport } from './passport-number.ts'
import { polandNip } from './pl-nip.ts'
import { polandPesel } from './pl-pesel.ts'
import { portugalNif } from './pt-nif.ts'
import { romaniaCnp } from './ro-cnp.ts'
import { russiaInn } from './ru-inn.ts'
import { russiaSnils } from './ru-snils.ts'
import { swedenPersonnummer } from './se-personnummer.ts'
import { singaporeNric } from './sg-nric.ts'
import { turkeyId } from './tr-tckn.ts'
import { taiwanId } from './tw-id.ts'
import { ukNhs } from './uk-nhs.ts'
import { ukNino } from './uk-nino.ts'
import { usSsn } from './us-ssn.ts'
import { southAfricaId } from './za-id.ts'

/** Numbers that states give to people. */
export const identityDetectors: readonly Detector[] = [
  usSsn,
  canadaSin,
  brazilCpf,
  brazilCnpj,
  mexicoCurp,
  chileRut,
  argentinaCuit,
  ukNino,
  ukNhs,
  germanyTaxId,
  franceNir,
  spainDni,
  italyFiscale,
  netherlandsBsn,
  belgiumNational,
  portugalNif,
  irelandPps,
  switzerlandAhv,
  austriaSvnr,
  polandPesel,
  polandNip,
  swedenPersonnummer,
  norwayFnr,
  denmarkCpr,
  finlandHetu,
  czechBirthNumber,
  romaniaCnp,
  bulgariaEgn,
  balticId,
  croatiaOib,
  greeceAmka,
  russiaSnils,
  russiaInn,
  indiaAadhaar,
  indiaPan,
  chinaId,
  koreaRrn,
  japanMyNumber,
  singaporeNric,
  taiwanId,
  hongKongId,
  australiaTfn,
  australiaMedicare,
  southAfricaId,
  israelId,
  turkeyId,
  passport,
  passportMrz,
]
