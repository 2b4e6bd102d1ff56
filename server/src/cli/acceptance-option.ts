// What a gallery minds of faces, as one option's text: "enrolment,hat=refuse,sharpness=warn:30". Sends nothing.
import { InvalidArgumentError } from 'commander'
import { type Acceptance, PROFILES, type Profile } from '../core/finding-profiles.ts'
import {
  FINDING_ACTIONS,
  FINDINGS,
  type FindingAction,
  type FindingName,
  type FindingRule,
  thresholdRange,
} from '../core/findings.ts'

export const ACCEPTANCE = `${PROFILES.join(', ')}; then, with commas, rules of its own such as "hat=refuse" or "sharpness=warn:30"`

const RULE = /^(\w+)=(\w+)(?::(\d+(?:\.\d+)?))?$/

export const readAcceptance = (text: string): Acceptance => {
  const [profile, ...rules] = text.split(',').map(part => part.trim())
  if (!isOneOf(PROFILES, profile))
    throw new InvalidArgumentError(`It must begin with ${PROFILES.join(', ')}; "${profile}" is none of them.`)
  const read = rules.map(readRule)
  const twice = read.find(([name], at) => read.findIndex(([other]) => other === name) < at)
  if (twice) throw new InvalidArgumentError(`There are two rules for "${twice[0]}".`)
  return { profile: profile as Profile, rules: Object.fromEntries(read) }
}

const readRule = (text: string): [FindingName, FindingRule] => {
  const [, name = '', action = '', threshold] = RULE.exec(text) ?? []
  if (!isOneOf(FINDING_ACTIONS, action))
    throw new InvalidArgumentError(`"${text}" is not a rule such as "hat=refuse" (${FINDING_ACTIONS.join(', ')}).`)
  if (!isOneOf(FINDINGS, name))
    throw new InvalidArgumentError(`"${name}" is nothing that is judged; there are ${FINDINGS.join(', ')}.`)
  const finding = name as FindingName
  const rule = { action: action as FindingAction }
  if (threshold === undefined) return [finding, rule]
  const most = thresholdRange(finding)
  if (most === null) throw new InvalidArgumentError(`"${name}" takes the threshold of the model pack and no other.`)
  if (Number(threshold) > most) throw new InvalidArgumentError(`The threshold of "${name}" must be from 0 to ${most}.`)
  return [finding, { ...rule, threshold: Number(threshold) }]
}

const isOneOf = (names: readonly string[], name: string | undefined): boolean =>
  name !== undefined && names.includes(name)

/** What `readAcceptance` reads. */
export const writeAcceptance = ({ profile, rules }: Acceptance): string =>
  [
    profile,
    ...FINDINGS.flatMap(name => {
      const rule = rules[name]
      if (!rule) return []
      return `${name}=${rule.action}${rule.threshold === undefined ? '' : `:${rule.threshold}`}`
    }),
  ].join(',')
