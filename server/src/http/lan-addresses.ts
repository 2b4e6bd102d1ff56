// The machine's addresses in its networks, by which a phone beside it finds the server. Opens no connection.
import { isIPv4 } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

export type Interfaces = Readonly<Partial<Record<string, readonly NetworkInterfaceInfo[]>>>

/** Bridges of containers and virtual machines: nobody else is behind them. */
const BRIDGE = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|podman|lxc|lxd)/
/** Given to who got no address; good for nothing. */
const LINK_LOCAL = /^169\.254\./

/** IPv4 addresses other than the loopback's, each once; IPv6 ones change by the day and are nothing that people type. */
export const listLanAddresses = (interfaces: Interfaces = networkInterfaces()): readonly string[] => {
  const found = Object.entries(interfaces)
    .filter(([name]) => !BRIDGE.test(name))
    .flatMap(([, addresses = []]) => addresses)
    .filter(({ address, internal }) => !internal && isIPv4(address) && !LINK_LOCAL.test(address))
  return [...new Set(found.map(({ address }) => address))]
}

/** Whether a server that listens on `host` is reached on every address of the machine. */
export const isWildcard = (host: string): boolean => ['0.0.0.0', '::'].includes(host)
