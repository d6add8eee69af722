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
export const PAPER = '#ffffff'
export const CLIENT_COLOR = '#1d4ed8'
export const SERVER_COLOR = '#0f766e'
export const LOSS_COLOR = '#dc2626'
export const REPAIR_COLOR = '#c2410c'

export const MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
export const SANS = "Inter, 'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif"
