// Paints a surface in space as a camera sees it after it was turned: a picture on a grid of vertices, what is nearer in
// front. For tests and camera files.
import { addSample } from './camera.fixture.ts'
import type { Surface } from './face-surface.fixture.ts'
import type { Raster } from './tensor.ts'

/** Degrees, signs as in `Pose`; pixels. */
export interface Placement {
  readonly yaw: number
  readonly pitch: number
  readonly roll: number
  readonly shiftX: number
  readonly shiftY: number
  readonly scale: number
}

/** From the camera to the pivot, face widths: a phone held at half a metre. */
const DISTANCE = 4

/** `picture` gives the colours by the vertices' own places; where the surface does not reach, `behind` is seen. */
export const paintSurface = (picture: Raster, surface: Surface, placement: Placement, behind: Raster): Raster => {
  const { width, height } = picture
  const result = { width, height, data: Uint8Array.from(behind.data) }
  const depths = new Float32Array(width * height).fill(Infinity)
  const places = project(surface, placement, width, height)
  const { columns, rows, xs, ys } = surface
  const vertex = (index: number): Vertex => ({
    x: places[index * 3],
    y: places[index * 3 + 1],
    z: places[index * 3 + 2],
    u: xs[index],
    v: ys[index],
  })
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column
      const corners = [at, at + 1, at + columns, at + columns + 1].map(vertex)
      paintTriangle(picture, result, depths, corners[0], corners[1], corners[2])
      paintTriangle(picture, result, depths, corners[3], corners[1], corners[2])
    }
  return result
}

interface Vertex {
  readonly x: number
  readonly y: number
  readonly z: number
  /** Place in the picture. */
  readonly u: number
  readonly v: number
}

/** [x, y, z] of each vertex in the frame: turned about the pivot, seen from the camera, then shifted and scaled. */
const project = (surface: Surface, placement: Placement, width: number, height: number): Float32Array => {
  const { xs, ys, zs, shares, pivot, faceWidth, placesX } = surface
  const turn = rotation(placement)
  const distance = DISTANCE * faceWidth
  const result = new Float32Array(xs.length * 3)
  for (let i = 0; i < xs.length; i++) {
    const [x, y, z] = [(placesX ?? xs)[i] - pivot[0], ys[i] - pivot[1], zs[i] - pivot[2]]
    // What the camera of a sheet sees is a sheet in front of it; a photographed head was seen from nearby already.
    const near = placesX ? 1 : (distance + z) / distance
    const [turnedX, turnedY, turnedZ] = turn(x * near, y * near, z)
    const far = distance / (distance + turnedZ)
    const share = shares[i]
    const placedX = pivot[0] + x + share * (turnedX * far - x)
    const placedY = pivot[1] + y + share * (turnedY * far - y)
    result[i * 3] = width / 2 + (placedX - width / 2) * placement.scale + placement.shiftX
    result[i * 3 + 1] = height / 2 + (placedY - height / 2) * placement.scale + placement.shiftY
    result[i * 3 + 2] = z + share * (turnedZ - z)
  }
  return result
}

const rotation = ({ yaw, pitch, roll }: Placement) => {
  const [a, b, c] = [yaw, pitch, roll].map(degrees => (degrees * Math.PI) / 180)
  return (x: number, y: number, z: number): readonly [number, number, number] => {
    const [x1, z1] = [x * Math.cos(a) - z * Math.sin(a), x * Math.sin(a) + z * Math.cos(a)]
    const [y2, z2] = [y * Math.cos(b) + z1 * Math.sin(b), z1 * Math.cos(b) - y * Math.sin(b)]
    return [x1 * Math.cos(c) - y2 * Math.sin(c), x1 * Math.sin(c) + y2 * Math.cos(c), z2]
  }
}

/** Every pixel whose middle lies in the triangle and that nothing nearer has. */
const paintTriangle = (
  picture: Raster,
  result: Raster,
  depths: Float32Array,
  a: Vertex,
  b: Vertex,
  c: Vertex,
): void => {
  const area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
  if (Math.abs(area) < 1e-6) return
  const left = Math.max(0, Math.ceil(Math.min(a.x, b.x, c.x)))
  const right = Math.min(result.width - 1, Math.floor(Math.max(a.x, b.x, c.x)))
  const top = Math.max(0, Math.ceil(Math.min(a.y, b.y, c.y)))
  const bottom = Math.min(result.height - 1, Math.floor(Math.max(a.y, b.y, c.y)))
  const sums = [0, 0, 0]
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const ofB = ((x - a.x) * (c.y - a.y) - (y - a.y) * (c.x - a.x)) / area
      const ofC = ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)) / area
      const ofA = 1 - ofB - ofC
      if (ofA < -1e-6 || ofB < -1e-6 || ofC < -1e-6) continue
      const depth = ofA * a.z + ofB * b.z + ofC * c.z
      const at = y * result.width + x
      if (depth >= depths[at]) continue
      depths[at] = depth
      sums.fill(0)
      const [u, v] = [ofA * a.u + ofB * b.u + ofC * c.u, ofA * a.v + ofB * b.v + ofC * c.v]
      addSample(picture.data, picture.width, picture.height, u, v, sums)
      for (let channel = 0; channel < 3; channel++) result.data[at * 3 + channel] = sums[channel]
    }
}
