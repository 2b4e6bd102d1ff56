// The tables of `npm run bench -- attributes`. Measures nothing.
import type { AttributesResult } from './attributes.ts'
import { describeShare } from './wilson.ts'

export const printAttributes = ({ attributes, faces, missing, msPerFace, machine }: AttributesResult): void => {
  for (const { name, pack, threshold, labelled, folds, ordinary } of attributes) {
    console.log(`\n${name} (${pack}, yes from ${threshold})`)
    for (const { measure, value, data } of folds) console.log(`  training, ${data}: ${measure} ${value}`)
    if (labelled) {
      const { yes, no, error, falseYes, falseNo, auc } = labelled
      console.log(`  labelled pictures, trained on: ${yes} yes, ${no} no, AUC ${auc.toFixed(4)}`)
      console.log(`    error      ${describeShare(error)}`)
      console.log(`    false yes  ${describeShare(falseYes)}`)
      console.log(`    false no   ${describeShare(falseNo)}`)
    }
    if (ordinary) {
      console.log(`  ordinary pictures, fired         ${describeShare(ordinary.raw)}`)
      console.log(
        `  without those seen to be right   ${ordinary.corrected ? describeShare(ordinary.corrected) : 'not looked at'}`,
      )
    }
  }
  for (const [folder, count] of Object.entries(missing))
    console.log(`\nno face found in ${count} pictures of ${folder}`)
  console.log(`\n${msPerFace.toFixed(1)} ms of one core a face for all attributes together (${faces} faces)`)
  console.log(Object.values(machine).join(', '))
}
