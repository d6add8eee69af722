import type { OsiLayer } from '../layers/layers.ts'

/** Colours of the layers, told apart by people with any kind of colour vision and always named beside. */
export const LAYER_COLORS: Readonly<Record<OsiLayer['number'], { ink: string; fill: string; ansi: string }>> = {
  7: { ink: '#6d28d9', fill: '#ede9fe', ansi: '35' },
  6: { ink: '#a21caf', fill: '#fae8ff', ansi: '95' },
  5: { ink: '#be185d', fill: '#fce7f3', ansi: '91' },
  4: { ink: '#1d4ed8', fill: '#dbeafe', ansi: '34' },
  3: { ink: '#047857', fill: '#d1fae5', ansi: '32' },
  2: { ink: '#b45309', fill: '#fef3c7', ansi: '33' },
  1: { ink: '#475569', fill: '#e2e8f0', ansi: '90' },
}

export const INK = '#0f172a'
export const MUTED = '#64748b'
export const FAINT = '#cbd5e1'
export const HAIRLINE = '#e2e8f0'
/** Behind what is written over other things. */
export const PALE = '#f8fafc'
export const PAPER = '#ffffff'
export const CLIENT_COLOR = '#1d4ed8'
export const SERVER_COLOR = '#0f766e'
export const LOSS_COLOR = '#dc2626'
export const REPAIR_COLOR = '#c2410c'

export const MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
export const SANS = "Inter, 'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif"

/** What stands for each colour where readers ask for dark (`prefers-color-scheme`); those that are not here suit both. */
export const DARK: Readonly<Record<string, string>> = {
  [INK]: '#e6edf3',
  [MUTED]: '#9aa7b8',
  [FAINT]: '#3d4756',
  [HAIRLINE]: '#2a3340',
  [PALE]: '#161d27',
  [PAPER]: '#0d1117',
  '#1d4ed8': '#6ea8fe',
  '#0f766e': '#3fb8ac',
  '#dc2626': '#ff7b72',
  '#c2410c': '#f0883e',
  '#7c3aed': '#b794ff',
  '#6d28d9': '#c4a7ff',
  '#a21caf': '#f0a0f5',
  '#be185d': '#ff9ccb',
  '#047857': '#4ade9b',
  '#b45309': '#f0b354',
  '#475569': '#a8b3c2',
  '#ede9fe': '#2b2146',
  '#fae8ff': '#3a1c40',
  '#fce7f3': '#3d1a2b',
  '#dbeafe': '#15294d',
  '#d1fae5': '#0c3327',
  '#fef3c7': '#3b2a0a',
}
