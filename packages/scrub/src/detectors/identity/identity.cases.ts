import type { CaseTable } from '../cases.ts'

/** Specimens that authorities and standards publish, or that satisfy their rules. */
export const identityCases: CaseTable = {
  'us-ssn': {
    found: ['SSN ⟦219-09-9999⟧', { field: 'ssn', text: '⟦078051120⟧' }, 'social security number is ⟦123 45 6789⟧'],
    clean: [
      '000-12-3456',
      '666-12-3456',
      '123-00-4567',
      '123-45-0000',
      '123456789',
      '2123-45-67890',
      'ssn: 123456789012',
    ],
  },
  'ca-sin': {
    found: ['SIN: ⟦046 454 286⟧', { field: 'sin', text: '⟦130692544⟧' }],
    clean: ['SIN: 123 456 789', '046454286', 'business 046454286'],
  },
  'br-cpf': {
    found: ['CPF ⟦111.444.777-35⟧', 'cpf=⟦52998224725⟧'],
    clean: ['111.444.777-36', '52998224725', 'cpf 11111111111'],
  },
  'br-cnpj': { found: ['⟦11.222.333/0001-81⟧', 'CNPJ: ⟦11222333000181⟧'], clean: ['11.222.333/0001-82'] },
  'mx-curp': { found: ['⟦HEGG560427MVZRRL04⟧'], clean: ['HEGG560427MVZRRL05', 'ABCD123456HABCDEF0'] },
  'cl-rut': { found: ['⟦12.345.678-5⟧', 'RUT ⟦12345678-5⟧'], clean: ['12.345.678-6', '12345678-5'] },
  'ar-cuit': { found: ['CUIT ⟦20-12345678-6⟧'], clean: ['20-12345678-7'] },
  'uk-nino': {
    found: ['⟦QQ123456C⟧', '⟦AB123456C⟧', 'NI number ⟦JG 12 34 56 A⟧'],
    clean: ['GB123456A', 'AB123456E', 'XAB123456C'],
  },
  'uk-nhs': {
    found: ['NHS number: ⟦943 476 5919⟧', { field: 'nhsNumber', text: '⟦9434765919⟧' }],
    clean: ['9434765919', 'NHS 943 476 5918'],
  },
  'de-tax-id': {
    found: ['Steuer-ID: ⟦86095742719⟧', 'IdNr. ⟦47 036 892 816⟧', '⟦65 929 970 489⟧'],
    clean: ['86095742719', 'Steuer-ID 86095742718'],
  },
  'fr-nir': {
    found: ['⟦2 55 08 14 168 025 38⟧', 'NIR ⟦255081416802538⟧'],
    clean: ['255081416802539', '1763680200000'],
  },
  'es-dni': {
    found: ['DNI ⟦12345678Z⟧', 'NIE: ⟦X1234567L⟧', '⟦12.345.678-Z⟧'],
    clean: ['12345678A', 'X1234567A', '20261121T011000Z'],
  },
  'it-codice-fiscale': { found: ['CF: ⟦RSSMRA85T10A562S⟧'], clean: ['RSSMRA85T10A562T', 'ABCDEF12G34H567I'] },
  'nl-bsn': { found: ['BSN ⟦111222333⟧', 'burgerservicenummer: ⟦123456782⟧'], clean: ['111222333', 'bsn 111222334'] },
  'be-national-number': {
    found: ['⟦85.07.30-033.28⟧', 'rijksregisternummer ⟦85073003328⟧'],
    clean: ['85.07.30-033.29'],
  },
  'pt-nif': { found: ['NIF: ⟦123456789⟧'], clean: ['123456789', 'nif 123456788'] },
  'ie-pps': { found: ['PPS number ⟦1234567T⟧', 'PPSN: ⟦1234567FA⟧'], clean: ['PPS 1234567A'] },
  'ch-ahv': { found: ['⟦756.9217.0769.85⟧', 'AHV ⟦7569217076985⟧'], clean: ['756.9217.0769.84'] },
  'at-svnr': { found: ['SVNR ⟦1237 010180⟧'], clean: ['SVNR 1234 010180'] },
  'pl-pesel': {
    found: ['PESEL ⟦44051401359⟧', 'national id: ⟦44051401359⟧'],
    clean: ['44051401359', 'PESEL 44051401358'],
  },
  'pl-nip': { found: ['NIP ⟦526-104-08-28⟧'], clean: ['NIP 526-104-08-29'] },
  'se-personnummer': {
    found: ['⟦811228-9874⟧', 'personnummer ⟦198112289874⟧'],
    clean: ['811228-9873', '20261121-0110'],
  },
  'no-fodselsnummer': {
    found: ['fødselsnummer ⟦13097248022⟧', '⟦130972 48022⟧'],
    clean: ['13097248022', 'fnr 13097248023'],
  },
  'dk-cpr': { found: ['CPR: ⟦070761-4285⟧'], clean: ['070761-4285', 'CPR 999999-1234'] },
  'fi-hetu': { found: ['⟦131052-308T⟧'], clean: ['131052-308U'] },
  'cz-sk-birth-number': { found: ['rodné číslo ⟦736028/5163⟧', '⟦736028/5163⟧'], clean: ['736028/5164'] },
  'ro-cnp': { found: ['CNP ⟦1800101221144⟧'], clean: ['1800101221144', 'CNP 1800101221145'] },
  'bg-egn': { found: ['ЕГН ⟦7523169263⟧'], clean: ['EGN 7523169264'] },
  'ee-lt-personal-code': {
    found: ['isikukood ⟦37605030299⟧', 'asmens kodas: ⟦33309240064⟧'],
    clean: ['isikukood 37605030298'],
  },
  'hr-oib': { found: ['OIB: ⟦69435151530⟧'], clean: ['OIB: 69435151531'] },
  'gr-amka': { found: ['ΑΜΚΑ ⟦01018000016⟧'], clean: ['AMKA 01018000017'] },
  'ru-snils': { found: ['⟦112-233-445 95⟧', 'СНИЛС ⟦11223344595⟧'], clean: ['112-233-445 96'] },
  'ru-inn': { found: ['ИНН ⟦7707083893⟧', 'INN: ⟦500100732259⟧'], clean: ['inner 7707083893', 'INN 7707083894'] },
  'in-aadhaar': { found: ['Aadhaar ⟦2341 2341 2346⟧', '⟦2341 2341 2346⟧'], clean: ['2341 2341 2347', '234123412346'] },
  'in-pan': { found: ['PAN ⟦ABCPE1234F⟧'], clean: ['ABCDE1234F', 'abcpe1234f'] },
  'cn-resident-id': {
    found: ['身份证号：⟦11010519491231002X⟧', 'id ⟦11010519491231002X⟧'],
    clean: ['110105194912310020'],
  },
  'kr-rrn': { found: ['⟦900101-1234567⟧'], clean: ['901301-1234567', '900101-9234567'] },
  'jp-my-number': {
    found: ['マイナンバー：⟦123456789018⟧', '個人番号 ⟦1234 5678 9018⟧'],
    clean: ['123456789018', 'my number 123456789017'],
  },
  'sg-nric': { found: ['NRIC ⟦S1234567D⟧', '⟦T1234567J⟧', '⟦F1234567N⟧'], clean: ['S1234567A'] },
  'tw-id': { found: ['身分證 ⟦A123456789⟧'], clean: ['A123456789', '身分證 A123456788'] },
  'hk-id': { found: ['⟦A123456(3)⟧'], clean: ['A123456(4)'] },
  'au-tfn': { found: ['TFN ⟦123 456 782⟧'], clean: ['123 456 782', 'TFN 123 456 789'] },
  'au-medicare': { found: ['Medicare: ⟦2123 45670 1⟧'], clean: ['Medicare 2123 45671 1'] },
  'za-id': { found: ['SA ID ⟦8001015009087⟧'], clean: ['8001015009087', 'SA ID 8001015009088'] },
  'il-id': { found: ['תעודת זהות ⟦123456782⟧'], clean: ['123456782'] },
  'tr-tckn': { found: ['TC Kimlik No: ⟦10000000146⟧'], clean: ['TCKN 10000000147'] },
  'passport-number': {
    found: ['passport no. ⟦C01X00T47⟧', { field: 'passportNumber', text: '⟦123456789⟧' }, 'Reisepass: ⟦C01X00T47⟧'],
    clean: ['passport expired', 'passport.js version', '"passport_expiry": "2026-11-21"'],
  },
  'passport-mrz': {
    found: ['⟦P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10⟧'],
    clean: ['P<UTOERIKSSON<<ANNA'],
  },
}
