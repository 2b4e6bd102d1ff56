// Prints the liveness benchmark's figures for people. Measures nothing.
import type { JudgeFigures, LivenessFigures } from './liveness.ts'
import { nameMachine } from './machine.ts'
import { describeShare } from './wilson.ts'

export const printLiveness = ({ faces, judges, seconds, machine }: LivenessFigures): void => {
  console.log(`${nameMachine(machine)}; ${faces} faces; ${seconds.toFixed(0)} s`)
  console.log(
    'BPCER: real faces judged to be attacks. APCER: attacks judged to be real, by species. With 95 % bounds. The pack liveness was trained on nuaa, mask, celeba and photographs: its rates on them are too good, see its CARD.md for those on people that it had not seen.',
  )
  for (const judge of judges) printJudge(judge)
}

const printJudge = ({ model, threshold, rates, ratesAtBpcer, nuaa, msPerFace }: JudgeFigures): void => {
  console.log(`\n${model}${msPerFace === null ? '' : `, ${msPerFace.toFixed(1)} ms of one core a face`}`)
  console.table(
    ratesAtBpcer.map(({ kind, isLive, rate }, index) => ({
      faces: kind,
      measure: isLive ? 'BPCER' : 'APCER',
      ...(threshold !== null && { [`at its threshold, ${threshold}`]: describeShare(rates[index].rate) }),
      'at a BPCER of 5 %, ordinary faces': describeShare(rate),
    })),
  )
  console.log(`NUAA, real faces against prints: AUC ${nuaa.areaUnder.toFixed(4)}`)
  console.table(nuaa.points.map(({ bpcer, apcer }) => ({ BPCER: `${bpcer * 100} %`, APCER: describeShare(apcer) })))
}
