import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journeyOf } from './journey.ts'
import { renderJourneyPage } from './journey-html.ts'
import { drawJourney } from './journey-svg.ts'
import type { Ladder, LadderSegment } from './ladder.ts'
import { drawLadder } from './ladder-svg.ts'
import { DARK, LAYER_COLORS, PAPER } from './theme.ts'

/** A burst of segments every 0.6 ms, 20 ms on their way, and arriving closer together than they left; some get lost. */
function burst(twoSided: boolean): Ladder {
  const segment = (i: number): LadderSegment => {
    const lost = twoSided && i % 4 === 2
    const sentMs = i < 12 ? i * 0.6 : 300
    return {
      from: i % 5 === 4 ? 1 : 0,
      sentMs,
      receivedMs: lost ? undefined : twoSided ? sentMs + 20 - i * 0.4 : sentMs,
      flags: 'ACK',
      sequence: 1448 * i,
      relativeSequence: 1448 * i,
      acknowledgment: 1,
      relativeAcknowledgment: 1,
      windowBytes: 131_072,
      payloadBytes: 1448,
      urgentPointer: 0,
      options: i % 3 === 0 ? ['sack=10000-20000'] : [],
      marks: lost ? ['lost'] : [],
      reason: lost ? 'random loss on client-server' : i === 7 ? 'of which much is to be said, '.repeat(6) : undefined,
      rule: undefined,
      ecnMarked: false,
      index: i,
    } as LadderSegment
  }
  const end = (port: number): Ladder['client'] => ({ address: '10.0.0.1', port })
  return {
    client: end(1),
    server: end(2),
    twoSided,
    initialSequence: [1, 1],
    segments: Array.from({ length: 14 }, (_, i) => segment(i)),
    states: [],
  } as unknown as Ladder
}

interface Label {
  text: string
  anchor: string
  /** Corners, turned as the label is. */
  corners: [number, number][]
}

/** What is written along arrows. */
function labelsOf(svg: string): Label[] {
  const labels: Label[] = []
  for (const [, attributes, content] of svg.matchAll(/<text ([^>]*transform=[^>]*)>(.*?)<\/text>/g)) {
    const value = (name: string): string => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes!)![1]!
    const [x, y, size] = ['x', 'y', 'font-size'].map((name) => Number(value(name)))
    const [degrees, aboutX, aboutY] = /rotate\(([^)]*)\)/.exec(attributes!)![1]!.split(' ').map(Number)
    const text = content!.replace(/<title>.*?<\/title>/, '').replaceAll(/<[^>]*>/g, '')
    const width = text.length * size! * 0.54
    const anchor = value('text-anchor')
    const [left, right] = anchor === 'start' ? [x!, x! + width] : [x! - width, x!]
    const [cos, sin] = [Math.cos((degrees! * Math.PI) / 180), Math.sin((degrees! * Math.PI) / 180)]
    const turn = (px: number, py: number): [number, number] => [
      aboutX! + (px - aboutX!) * cos - (py - aboutY!) * sin,
      aboutY! + (px - aboutX!) * sin + (py - aboutY!) * cos,
    ]
    // From the baseline to the height of small letters: the space between lines may be narrow.
    const top = y! - size! * 0.7
    labels.push({ text, anchor, corners: [turn(left!, top), turn(right!, top), turn(right!, y!), turn(left!, y!)] })
  }
  return labels
}

/** Whether two convex shapes overlap: no edge of either has one on this side and the other beyond. */
function overlap(a: Label, b: Label): boolean {
  for (const { corners } of [a, b]) {
    for (const [i, [x, y]] of corners.entries()) {
      const [nextX, nextY] = corners[(i + 1) % 4]!
      const along = (label: Label): number[] =>
        label.corners.map(([px, py]) => (px - x) * (nextY - y) - (py - y) * (nextX - x))
      if (Math.max(...along(a)) < Math.min(...along(b)) || Math.max(...along(b)) < Math.min(...along(a))) return false
    }
  }
  return true
}

/** The lines of arrows, as shapes without breadth. */
function arrowsOf(svg: string): Label[] {
  const lines = svg.matchAll(/<line x1="([^"]*)" y1="([^"]*)" x2="([^"]*)" y2="([^"]*)" [^>]*stroke-width="1.6"/g)
  return Array.from(lines, ([, ...numbers]) => {
    const [x1, y1, x2, y2] = numbers.map(Number) as [number, number, number, number]
    return {
      text: 'an arrow',
      anchor: '',
      corners: [
        [x1, y1],
        [x2, y2],
        [x2, y2],
        [x1, y1],
      ],
    }
  })
}

function assertApart(labels: readonly Label[], others: (label: Label, i: number) => Label[]): void {
  assert.ok(labels.length >= 20)
  for (const [i, label] of labels.entries())
    for (const other of others(label, i)) assert.ok(!overlap(label, other), `“${label.text}” meets “${other.text}”`)
}

test('labels of one end do not run into each other, not even where arrivals are closer than departures', () => {
  const labels = labelsOf(drawLadder(burst(true)))
  assertApart(labels, ({ anchor }, i) => labels.slice(0, i).filter((other) => other.anchor === anchor))
})

test('captured at one place, nothing strikes a label through', () => {
  const svg = drawLadder(burst(false))
  const labels = labelsOf(svg)
  const arrows = arrowsOf(svg)
  assert.equal(arrows.length, 14)
  assertApart(labels, (_label, i) => [...arrows, ...labels.slice(0, i)])
})

/** WCAG 2.1: the contrast ratio of two colours. */
function contrast(a: string, b: string): number {
  const [light, dark] = [a, b]
    .map((color) => {
      const [red, green, blue] = [1, 3, 5].map((at) => {
        const share = Number.parseInt(color.slice(at, at + 2), 16) / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
    })
    .sort((one, two) => two - one)
  return (light! + 0.05) / (dark! + 0.05)
}

test('text can be read on the card, in light and in dark', () => {
  const pictures = [drawLadder(burst(true)), drawJourney(journeyOf({ message: 'hello' }))].join('')
  const inks = new Set([...pictures.matchAll(/<(?:text|tspan) [^>]*fill="(#\w{6})"/g)].map(([, color]) => color!))
  const layers = new Map(Object.values(LAYER_COLORS).map(({ ink, fill }) => [ink, fill]))
  assert.ok(inks.size > 6)
  for (const ink of inks) {
    for (const paper of [PAPER, layers.get(ink) ?? PAPER]) {
      assert.ok(contrast(ink, paper) >= 4.5, `${ink} on ${paper}: ${contrast(ink, paper)}`)
      const [darkInk, darkPaper] = [DARK[ink]!, DARK[paper]!]
      assert.ok(contrast(darkInk, darkPaper) >= 4.5, `${darkInk} on ${darkPaper}: ${contrast(darkInk, darkPaper)}`)
    }
  }
})

test('whoever prefers dark gets pictures and pages in dark', () => {
  const journey = journeyOf({ message: 'hello' })
  for (const text of [drawLadder(burst(true)), drawJourney(journey), renderJourneyPage(journey)]) {
    assert.match(text, /@media \(prefers-color-scheme: ?dark\)/)
    assert.ok(text.includes(DARK[PAPER]!))
  }
})
