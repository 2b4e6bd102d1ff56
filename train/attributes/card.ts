// The model card of a head, in Markdown: purpose, data and its terms, how it was trained and measured, limits. The words are
// here, the figures come from the run.
import { describeShare, type Share } from '../../bench/wilson.ts'
import type { AttributeName } from '../../server/src/core/face-attributes.ts'
import { ENOUGH, type HeadFigures } from './figures.ts'
import { HIDDEN } from './fit.ts'
import type { SampleKind } from './samples.ts'

export interface CardFacts {
  readonly figures: HeadFigures
  readonly missing: Readonly<Record<string, number>>
  readonly samples: number
  readonly seed: number
  readonly folds: number
  readonly date: string
  /** On photographs that nothing was trained on; null where none were given. */
  readonly ordinary: {
    readonly raw: Share
    /** Null where nobody looked at what fired. */
    readonly corrected: Share | null
    readonly seen: readonly string[]
  } | null
}

interface Words {
  readonly what: string
  readonly labelled: Readonly<Record<SampleKind, string>>
  readonly real: string
  readonly sure: string
  readonly limits: readonly string[]
}

const masked = {
  plain: 'pictures with and without masks, as they are',
  worse: 'the same, made worse',
  drawn: 'the same, with things drawn on them',
}
const celeba = {
  plain: 'CelebA pictures, as they are',
  worse: 'the same, made worse',
  drawn: 'the same, with things drawn on them',
}
const everything = {
  plain: 'all pictures, as they are',
  worse: 'the same, made worse',
  drawn: 'the same, with things drawn on them',
}

export const DATA: Readonly<Record<AttributeName, Words>> = {
  mask: {
    what: 'whether a face mask is worn: surgical, cloth, respirator',
    labelled: masked,
    real: 'Real masks of some 740 people. A mask worn below the nose counts as a mask; one below the chin does not.',
    sure: 'Sure, for masks such as those of the pictures.',
    limits: [
      'A scarf over the mouth is no mask but `faceBlocker`. One pulled up to the nose often is taken for a mask all the same: of pictures with other things drawn on the face a fifth were.',
      'Many pictures cut off close around a masked face are not found by the face detector at all, and so not judged.',
    ],
  },
  sunglasses: {
    what: 'whether dark glasses hide the eyes',
    labelled: celeba,
    real: 'About 150 real pairs in CelebA, labelled by eye with some 5 % error, and about 20 above masks; the rest is drawn.',
    sure: 'Fairly sure: the error measured is about that of the labels.',
    limits: ['Tinted glasses through which the eyes are seen were left out of training, and may go either way.'],
  },
  eyeglasses: {
    what: 'whether clear glasses are worn',
    labelled: celeba,
    real: 'About 200 real pairs in CelebA, labelled by eye with some 5 % error, and about 70 in the mask pictures; the rest is drawn.',
    sure: 'Fairly sure. Rimless glasses in small pictures are missed.',
    limits: ['Sunglasses are no eyeglasses. Faces of fewer than 20 pixels between the eyes hide thin rims.'],
  },
  hat: {
    what: 'whether the head is covered by a hat, cap, beanie, helmet or hood that leaves the face free',
    labelled: celeba,
    real: 'About 280 real ones in CelebA, labelled by eye, and about 150 in the mask pictures; the rest is drawn.',
    sure: 'Fairly sure where the picture shows the forehead and what is above it.',
    limits: [
      'Pictures cut off at the forehead do not show a hat. Thick hair over the forehead is the usual false alarm.',
    ],
  },
  veil: {
    what: 'whether a head scarf surrounds the face',
    labelled: everything,
    real: 'Next to none: the positives are head scarves drawn on faces, in plain and patterned cloth, with and without a cloth over the lower face.',
    sure: 'Not sure. The figures are about drawn head scarves. Real ones are mostly missed: of five faces of LFW in a head scarf, those that were met among its 2,567, one was found.',
    limits: [
      'Use it to warn, never to refuse.',
      'A hood, or long hair lying close around the face, may be taken for a veil.',
    ],
  },
  faceBlocker: {
    what: 'whether anything else covers part of the face: a hand, a scarf, a phone, a microphone, a card, a cup',
    labelled: everything,
    real: 'Next to none: the positives are things drawn on faces.',
    sure: 'Not sure. The figures are about drawn things. Most of what fires on LFW is a real hand or microphone; how many of those were missed was not counted.',
    limits: [
      'Hands are the hardest, as they have the colour of the face.',
      'A cloth over the lower face below a head scarf counts here and as `veil`.',
    ],
  },
}

export const writeCard = (facts: CardFacts, version: string, bytes: number): string => {
  const { figures, ordinary } = facts
  const words = DATA[figures.name]
  return `${[
    `# Model card: ${figures.name} ${version}`,
    '',
    `Tells ${words.what}. A network of one hidden layer (${HIDDEN} units, ${bytes.toLocaleString('en-US')} bytes, weights of 8 bits) on features that the network FaceRes of the pack \`open\` (MIT) gives of an upright crop of the face; it answers with a probability, and "yes" from ${figures.threshold} on.`,
    '',
    '## Data and its terms',
    '',
    ...dataLines(facts),
    '',
    words.real,
    '',
    '## Training',
    '',
    `\`npm run train -- attributes --data DIR\`, seed ${facts.seed}, ${facts.date}. ${figures.faces.toLocaleString('en-US')} faces gave ${facts.samples.toLocaleString('en-US')} samples: each as it is, made worse, and with things drawn on it through the face's mesh (masks, dark and clear glasses, hats, head scarves, scarves, hands, phones, microphones, cards, cups). All classes were made worse alike, in light, colour, grey, resolution, blur, noise, JPEG, edges of the picture and place of the eyes, so that none of it tells the classes apart. What is drawn on a face is a "yes" of its own attribute and a "no" of the others. Drawn samples count 0.35 of a real one. Adam, a fifth of the features dropped at random; probabilities by Platt's method from what the folds gave.`,
    '',
    '## Figures',
    '',
    `${facts.folds} folds. People do not appear on both sides as far as can be known: by name where the file names have one, else by the likeness of their templates. Shares with 95 % bounds after Wilson; the samples of one face are not independent, so the bounds of made-worse and drawn ones are too narrow. The baseline is a logistic regression on resolution, sharpness and borders alone, fitted to the pictures as they are.`,
    '',
    '| pictures | yes | no | error | false yes | false no | AUC | baseline AUC |',
    '| --- | ---: | ---: | --- | --- | --- | ---: | ---: |',
    ...figures.kinds.map(
      kind =>
        `| ${words.labelled[kind.kind]} | ${kind.yes} | ${kind.no} | ${describeShare(kind.error)} | ${describeShare(kind.falseYes)} | ${unless(kind, describeShare(kind.falseNo))} | ${unless(kind, numberOf(kind.auc))} | ${kind.baseline ? unless(kind, numberOf(kind.baseline.auc)) : ''} |`,
    ),
    '',
    `On all real faces that do not have it, whatever folder: false yes ${describeShare(figures.others.falseYes)}.`,
    ...(ordinary ? ['', ...ordinaryLines(ordinary)] : []),
    '',
    '## How sure it is',
    '',
    words.sure,
    '',
    '## Limits',
    '',
    ...words.limits.map(limit => `- ${limit}`),
    '- Trained on faces of celebrities and of pictures from the web; it was not measured by skin colour, age or sex.',
    '- The probability holds where both answers are about as common as in the training pictures.',
  ].join('\n')}\n`
}

const dataLines = ({ missing }: CardFacts): string[] => [
  '- Part of CelebA, 89x109 pixels (The Chinese University of Hong Kong; for non-commercial research), eyewear and hats labelled by eye.',
  '- Part of a public set of faces with and without masks (from RMFD and the web; the photographs keep their own terms, research is what they are offered for). Glasses, hats and the like in them were seen by eye: `train/attributes/corrections.json`.',
  '- No picture is part of the project. The weights are its own; whoever uses them commercially may want to train them anew on pictures of their own.',
  `- Not found, and so left out: ${Object.entries(missing)
    .map(([folder, count]) => `${count} of ${folder}`)
    .join(', ')}.`,
]

const ordinaryLines = ({ raw, corrected, seen }: NonNullable<CardFacts['ordinary']>): string[] => {
  const fired = `On ordinary photographs (LFW, never trained on): ${describeShare(raw)} fired`
  if (!corrected) return [`${fired}. How many of these ${raw.count} do show it was not looked at.`]
  if (raw.count === 0) return [`${fired}.`]
  return [
    `${fired}. ${seen.length} of these ${raw.count} do show it when one looks; without them ${describeShare(corrected)}.`,
  ]
}

const unless = ({ yes }: { readonly yes: number }, text: string): string => (yes < ENOUGH ? 'too few' : text)

const numberOf = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(4))
