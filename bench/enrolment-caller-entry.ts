// The thread of an enrolment caller: enrols from "begin" to "end", and then tells what came of it.
import { parentPort, workerData } from 'node:worker_threads'
import type { CallerData } from './enrolment-caller.ts'
import { openEnrolmentClient } from './enrolment-client.ts'
import { runClients } from './load.ts'

if (!parentPort) throw new Error('This file is the entry of a thread.')
const port = parentPort
const { server, pictures } = workerData as CallerData
const client = await openEnrolmentClient(
  server,
  pictures.map(picture => Buffer.from(picture)),
)
let sent = 0
let isOver = false

const enrolUntilOver = async (): Promise<void> => {
  const send = () => client.enrol(sent++)
  port.postMessage(await runClients(send, 1, () => isOver))
}

port.on('message', order => {
  isOver = order === 'end'
  if (!isOver) void enrolUntilOver()
})
port.postMessage('ready')
