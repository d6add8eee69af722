import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawPlot } from './plot.ts'

test('no more points are drawn than can be seen, and a single spike among 200,000 stays', () => {
  const points = Array.from({ length: 200_000 }, (_, i): [number, number] => [i, i === 123_456 ? 1000 : 10])
  const svg = drawPlot([{ title: 'one', unit: 'bytes', series: [{ name: 'x', color: '#000', points }] }])
  assert.ok(svg.length < 200_000, `${svg.length} characters`)
  assert.match(svg, /1 kB/)
  const spike = drawPlot([
    { title: 'one', unit: 'bytes', series: [{ name: 'x', color: '#000', points: points.map(([ms]) => [ms, 10]) }] },
  ])
  assert.notEqual(svg, spike)
})

test('nothing to draw, and values that are no numbers, still make a picture', () => {
  assert.match(drawPlot([]), /<\/svg>/)
  const svg = drawPlot([
    {
      title: 'none',
      unit: 'ms',
      series: [
        {
          name: 'ssthresh',
          color: '#000',
          points: [
            [0, Number.POSITIVE_INFINITY],
            [5, 3],
          ],
        },
      ],
    },
  ])
  assert.doesNotMatch(svg, /NaN|Infinity/)
})
