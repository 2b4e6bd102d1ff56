// Counts the scans of a JPEG without decoding it. Knows nothing of pixels.

const MARKER = 0xff
const START_OF_SCAN = 0xda
const END_OF_IMAGE = 0xd9

/** Markers without a length after them (ITU-T T.81, table B.1): TEM, the restarts, start and end of image. */
const isAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd9)

/** Inside of a scan: a stuffed byte, a fill byte and the restarts belong to it. */
const endsScan = (marker: number): boolean =>
  marker !== 0x00 && marker !== MARKER && !(marker >= 0xd0 && marker <= 0xd7)

/**
 * The number of scans up to the end of the first image; what follows it (a film, a second image) is not looked at. Ends
 * early where the file makes no sense: the decoder says what is wrong with it.
 */
export const countScans = (bytes: Uint8Array): number => {
  let scans = 0
  let at = 2
  while (at + 1 < bytes.length) {
    if (bytes[at] !== MARKER) return scans
    const marker = bytes[at + 1]
    if (marker === END_OF_IMAGE) return scans
    if (marker === MARKER) at += 1
    else if (isAlone(marker)) at += 2
    else {
      at += 2 + Math.max(2, (bytes[at + 2] << 8) | bytes[at + 3])
      if (marker !== START_OF_SCAN) continue
      scans += 1
      at = findScanEnd(bytes, at)
    }
  }
  return scans
}

const findScanEnd = (bytes: Uint8Array, from: number): number => {
  for (let at = bytes.indexOf(MARKER, from); at >= 0; at = bytes.indexOf(MARKER, at + 1))
    if (at + 1 < bytes.length && endsScan(bytes[at + 1])) return at
  return bytes.length
}
