import type { DetectorCases } from '../cases.ts'

export const cases: DetectorCases = {
  found: [
    'GROQ=⟦gsk_¦nQvWys81vp7hB1dx8PpD5KHXe3PYiGkPAuNaRL63xYKwzEInncII⟧',
    '"⟦xai-¦A3ANxN9K3KSU9Mi4roNL89sM995YTBXaK7JQEVT0mlAmrtVETW0TesULeetLDQ8B8vW2ZBjyaXYl1AcC⟧"',
    '⟦r8_¦tLn99MHwP708dWgW5hQxdGlvxzX3SCb8FNVgn⟧, next',
  ],
  clean: ['gsk_short', 'taxai-report', 'r8_aaaaaaaaaa', 'fw_update_available'],
}
