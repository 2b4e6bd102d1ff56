// Chance that can be had again, under the name that benchmarks and training know it by.
export { createRandom, type Random } from '../server/src/vision/random.fixture.ts'
