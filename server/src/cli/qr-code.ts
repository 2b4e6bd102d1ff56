// A text as a QR code for a terminal. Pure.
import { renderUnicodeCompact } from 'uqr'

/** Modules of light around it, which readers need to find it. */
const BORDER = 2
/** White on black whatever the terminal's colours are: an inverted code is not read by every phone. */
const COLOURS = '\u001b[97;40m'
const RESET = '\u001b[0m'

/** Lines of equal width with colours of their own; two rows of modules a line. */
export const renderQrCode = (text: string): string =>
  renderUnicodeCompact(text, { border: BORDER })
    .split('\n')
    .map(line => `${COLOURS}${line}${RESET}`)
    .join('\n')
