/** The contract between detectors, the scan engine and whoever asks for spans. Types only. */

/** What kind of thing a detector finds; policies may select by it. */
export type DetectorCategory = 'secret' | 'contact' | 'financial' | 'identity' | 'network' | 'custom'

/** What a validator is told besides the text that matched. */
export interface MatchContext {
  /** The scanned range as text, one character per byte (latin1 view of the bytes; UTF-8 sequences are not joined). */
  readonly text: string
  /** Where the match starts in `text`. */
  readonly start: number
  /** Where the match ends in `text` (exclusive). */
  readonly end: number
  /** The name of the field that holds the text (JSON key, header name, form field), '' when there is none. */
  readonly fieldName: string
  /** Whether a context word (in the text before it, or in `fieldName`) vouched for the match. */
  readonly hasContext: boolean
}

/** A pattern that some word must vouch for: digits alone are not an id, `"ssn": "078051120"` is one. */
export interface DetectorContext {
  /**
   * Words that vouch, lower case, in any script; a blank stands for an optional blank, `_`, `-` or `.`. Case does not matter;
   * words of up to four letters must stand alone (`tel`, not `hotel`; camel case counts as a boundary).
   */
  readonly words: readonly string[]
  /** What must follow the word. No `g`, `y` needed. */
  readonly pattern: RegExp
  /** The capture group that is the finding; default: the first group that took part, else the whole match. */
  readonly group?: number
  /** Only an assignment (`:`, `=`, `=>`, `>`) may stand between word and match. Default: any words, within `reach`. */
  readonly assigned?: boolean
  /** How many bytes may lie between word and match; default 40. Never crosses `, ; & { } <` or a line end. */
  readonly reach?: number
  /** What a field's value must begin with when the word stands in the field's name; default `pattern`, anywhere within reach. */
  readonly fieldPattern?: RegExp
}

/** An expression that is matched in linear time; see `compileUserPattern`. */
export interface LinearPattern {
  readonly source: string
  readonly flags: string
  /** How many steps one byte can cost at most. */
  readonly size: number
  /** Steps taken since it was made: time, whatever the machine. */
  readonly steps: number
  /** False: there is no match in the range. One pass, no allocation. */
  mayMatch(bytes: Uint8Array, start: number, end: number): boolean
  /** The first match at or after `from` in a latin1 text: writes start and end to `out`, false when there is none. */
  find(text: string, from: number, out: [start: number, end: number]): boolean
}

export interface Detector {
  /** Kebab case, unique, stable: policies and metrics name it. */
  readonly name: string
  readonly category: DetectorCategory
  readonly description: string
  /** On unless a policy says otherwise; only detectors of high precision are. */
  readonly default: boolean
  /**
   * Short expressions (literals, classes, `{n,m}`, `|`, `?`, bounded) one of which every match contains: the prefilter.
   * Each fixes where the match starts: at the trigger, less the `lead`. Without triggers they are taken from the
   * beginning of `pattern`. Case does not matter in them.
   */
  readonly triggers?: readonly string[]
  /** Bytes of this class (an expression such as `[\w.+-]`) right before a trigger belong to the match, `max` of them at most. */
  readonly lead?: { readonly set: string; readonly max: number }
  /** Asks for the pattern to be searched everywhere, without a prefilter: costs every payload one more pass. */
  readonly everywhere?: boolean
  /** Bounded and linear (the linter checks it); applied on the latin1 view where a trigger fired. */
  readonly pattern?: RegExp | LinearPattern
  /** The capture group that is the finding; default: the first group that took part, else the whole match. */
  readonly group?: number
  /** The same finding in weaker form, when a word vouches for it. */
  readonly context?: DetectorContext
  /** The last word: checksum, range, entropy, allow list. */
  readonly validate?: (match: string, context: MatchContext) => boolean
  /** Of findings that overlap, the outer one names the whole; of equal ones, and of ones that only touch partly, the higher. Default 0; secrets by prefix 10; generic ones -10. */
  readonly priority?: number
}

/** Receives findings in ascending order, never overlapping. `start` and `end` are byte offsets into what was scanned. */
export type SpanSink = (start: number, end: number, detector: Detector) => void

export interface ScannerOptions {
  /** Findings beyond this many per scan are joined: the rest of the range becomes part of the last one. Default 65536. */
  readonly maxSpans?: number
}

export interface Scanner {
  readonly detectors: readonly Detector[]
  /** How many times a pattern was tried so far: the cost of candidates, whatever the machine. */
  readonly attempts: number
  /**
   * False: nothing in this range can be found, by any detector (JSON escapes are the caller's: a `\` may hide anything).
   * One pass, no allocation. Field names inside the bytes count, so that a whole JSON document can be asked at once.
   */
  mayMatch(bytes: Uint8Array, start: number, end: number): boolean
  /**
   * Whether a field of this name makes values suspicious (`password`, `ssn`, `adobe_key`). Cached per name.
   * A value whose bytes cannot match and whose field name has no context needs no scan.
   */
  fieldHasContext(fieldName: string): boolean
  /**
   * Reports what is found in `bytes[start, end)` and returns how many. No allocation when nothing is found.
   * `fieldName`: the name of the field whose (decoded) value the range is. Without it, names are looked for in the text itself.
   */
  scan(bytes: Uint8Array, start: number, end: number, sink: SpanSink, fieldName?: string): number
  /** The same on a string; offsets are UTF-16 indices. Slower than `scan` for text outside ASCII. */
  scanText(text: string, sink: SpanSink, fieldName?: string): number
}
