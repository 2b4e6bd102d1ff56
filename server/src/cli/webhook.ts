// `likeness webhook`: where the tenant's own server is told of the ends of its capture sessions.
import { type Command, Option } from 'commander'
import { DELIVERY_ALGORITHMS } from '../core/delivery-signature.ts'
import type { NewWebhookAnswer, WebhookAnswer } from './answers.ts'
import { openClient } from './client.ts'
import { addServerOptions, type ServerOptions } from './options.ts'
import { printJson, printLine, renderTable } from './output.ts'

interface SetOptions extends ServerOptions {
  readonly algorithm?: string
}

const PATH = ['webhook'] as const

export const addWebhook = (program: Command): void => {
  const webhook = program
    .command('webhook')
    .helpCommand(false)
    .description("Set, show and remove the tenant's webhook, which is told when a capture session has ended.")
  addServerOptions(
    webhook
      .command('set')
      .description('Set the webhook, with a new secret. The secret is shown this once.')
      .argument('<url>', 'https address of your server')
      .addOption(new Option('--algorithm <name>', 'of the signatures').choices(DELIVERY_ALGORITHMS)),
  ).action(set)
  addServerOptions(webhook.command('show').description('Show the webhook.')).action(show)
  addServerOptions(
    webhook.command('remove').description('Remove the webhook; notices that wait for it are dropped.'),
  ).action(remove)
}

const set = async (url: string, options: SetOptions): Promise<void> => {
  const call = { method: 'PUT', path: PATH, json: { url, algorithm: options.algorithm } } as const
  const { body, text } = await openClient(options).send<NewWebhookAnswer>(call)
  if (options.json) return printLine(text)
  printLine(`Ends of sessions are told to ${body.url}, signed with ${body.algorithm}.`)
  printLine(`Secret, shown this once: ${body.secret}`)
}

const show = async (options: ServerOptions): Promise<void> => {
  const { body, text } = await openClient(options).send<WebhookAnswer>({ method: 'GET', path: PATH })
  if (options.json) return printLine(text)
  const rows = [
    ['algorithm', body.algorithm],
    ['set', body.createdAt],
  ]
  printLine(renderTable([{ title: 'webhook' }, { title: body.url }], rows))
}

const remove = async (options: ServerOptions): Promise<void> => {
  await openClient(options).send({ method: 'DELETE', path: PATH })
  if (options.json) return printJson({ deleted: 'webhook' })
  printLine('Removed the webhook.')
}
