// The part of the error catalogue that stops a start or a command of the operator's: settings, packs, the data folder. See
// errors.ts, which holds the rest.

/** All of kind "setup". */
export const SETUP_ERRORS = {
  config_invalid: {
    kind: 'setup',
    title: 'A setting is wrong',
    cure: 'Mend the setting; `npx likeness config` lists them all.',
  },
  pack_source_missing: {
    kind: 'setup',
    title: 'A weight file that the pack is built from is missing',
    cure: 'Install the npm packages again: `npm ci`.',
  },
  pack_source_corrupt: {
    kind: 'setup',
    title: 'A weight file that the pack is built from is corrupt',
    cure: 'Install the npm packages again: `npm ci`; for a pack that is downloaded, `npx likeness packs install` from where the pack says it was published.',
  },
  pack_not_installed: {
    kind: 'setup',
    title: 'A model pack that is not part of the npm packages has not been installed',
    cure: 'Install it: `npx likeness packs install NAME`.',
  },
  pack_download_failed: {
    kind: 'setup',
    title: 'A file of a model pack cannot be fetched',
    cure: 'Try again; or fetch the files by other means and install them with `--from`, or from another address with `--url`.',
  },
  pack_operation_unknown: {
    kind: 'setup',
    title: 'A network uses an operation that the importer does not know',
    cure: 'Use the version of the package that `pack.json` names.',
  },
  pack_invalid: {
    kind: 'setup',
    title: 'An installed model pack is damaged',
    cure: "Delete the pack's folder and start again.",
  },
  master_key_missing: {
    kind: 'setup',
    title: 'The master key that seals the data is missing or cannot be read',
    cure: 'Put the file back that the setting `masterKeyFile` names, or set `LIKENESS_MASTER_KEY`; without the key nothing that was sealed can be read.',
  },
  master_key_wrong: {
    kind: 'setup',
    title: 'The master key is not the one that seals the data',
    cure: 'Give the key that was in use last, in the file that the setting `masterKeyFile` names or in `LIKENESS_MASTER_KEY`.',
  },
  master_key_exposed: {
    kind: 'setup',
    title: 'Other users of the machine can read the file of the master key',
    cure: 'Take their rights away: `chmod 600` on the file.',
  },
  erasure_log_corrupt: {
    kind: 'setup',
    title: 'The log of erasures is damaged',
    cure: 'Put the copy from the last backup in its place, or move it away: the server then writes a new one from its database.',
  },
  backup_invalid: {
    kind: 'setup',
    title: 'The backup is incomplete or damaged',
    cure: 'Restore another backup.',
  },
  data_folder_in_use: {
    kind: 'setup',
    title: 'Another server uses the data folder',
    cure: 'Stop the process that the message names, or choose another data folder.',
  },
  data_folder_unusable: {
    kind: 'setup',
    title: 'The data folder cannot be read or written',
    cure: 'Give the user that the server runs as the rights to the folder that the message names, or choose another data folder.',
  },
  capture_page_missing: {
    kind: 'setup',
    title: 'The capture page was not built',
    cure: 'Run `npm run build` in the clone, or start the server with `npm start`, which builds it; the published package holds it.',
  },
  store_damaged: {
    kind: 'setup',
    title: 'A database is damaged',
    cure: 'Restore the last backup: `npx likeness restore`; `npx likeness doctor` lists what is damaged.',
  },
  store_newer: {
    kind: 'setup',
    title: 'The data folder was written by a newer version',
    cure: 'Start the newer version, or restore a backup of this one.',
  },
} as const satisfies Record<string, { readonly kind: 'setup'; readonly title: string; readonly cure: string }>
