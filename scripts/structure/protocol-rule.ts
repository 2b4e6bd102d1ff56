// Every vendor's protocol has the same files, so that whoever knows one knows all.
import type { Rule } from './tree.ts'

const HOME = 'server/src/http/protocols/'
const FILES = ['index.ts', 'routes.ts', 'wire.ts', 'map.ts', 'errors.ts', 'auth.ts', 'README.md']
const FIXTURES = '__fixtures__/'

export const checkProtocols: Rule = tree => {
  const inside = tree.files.filter(path => path.startsWith(HOME)).map(path => path.slice(HOME.length))
  const vendors = [...new Set(inside.filter(path => path.includes('/')).map(path => path.split('/')[0] ?? ''))]
  return vendors.flatMap(vendor => {
    const missing = FILES.filter(file => !inside.includes(`${vendor}/${file}`))
    if (!inside.some(path => path.startsWith(`${vendor}/${FIXTURES}`))) missing.push(FIXTURES)
    return missing.map(file => ({
      path: `${HOME}${vendor}/${file}`,
      line: 1,
      message: 'is missing; every protocol has the same files',
    }))
  })
}
