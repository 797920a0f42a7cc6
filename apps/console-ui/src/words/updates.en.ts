export const updates = {
  title: 'Updates',
  subtitle: 'The version of this server, and the way to another.',
  versions: 'Versions',
  running: 'Version {{version}} is running',
  notManaged:
    'This installation is not updated here. Where it runs from a clone, updates come by git; a package or container is updated by what installed it.',
  waits: 'Version {{version}} is used from the next start of the console on',
  isCurrent: 'Used at the next start',
  isInstalled: 'Installed',
  switch: 'Switch',
  switchNamed: 'Switch to {{version}}',
  switchText: 'The next start of the console takes {{version}}. Nothing that runs is touched until then.',
  switched: 'The next start takes {{version}}',
  switchRestartText:
    'The console restarts itself into {{version}}, then the services. Meetings go on: the router is restarted when nobody meets on it.',
  install: 'Install a bundle',
  installText:
    'Its signature, product, version and every file are checked before anything is unpacked. Meetings go on.',
  bundle: 'Update bundle',
  bundleHint: 'A signed .tar from the maker of this product, newer than what runs.',
  choose: 'Choose a file',
  uploading: 'Uploading',
  verifying: 'Checking and unpacking',
  uploadAndInstall: 'Upload and install',
  installed: 'Version {{version}} installed',
  inUse: 'In use',
  wayTo: 'The way to version {{version}}',
  'state-running': 'Under way',
  'state-waiting': 'Waits for meetings',
  'state-done': 'Done',
  'state-going-back': 'Going back',
  'state-rolled-back': 'Rolled back',
  'state-interrupted': 'Interrupted',
  'reason-ended':
    'The console of {{version}} ended right after its start, so {{before}} runs again. Its log says more.',
  'reason-silent':
    'The console of {{version}} did not answer in time, so {{before}} runs again. Its log says more.',
  'reason-zctrl':
    'The zone controller did not become ready in {{version}}, so everything goes back to {{before}}. Its log says more.',
  'reason-mmr':
    'The router did not become ready in {{version}}, so everything goes back to {{before}}. Its log says more.',
  interrupted: 'The way to {{version}} was cut off before the console changed. Switch to it to try again.',
  'step-installed': 'Installed',
  'step-console': 'Console restarted',
  'step-zctrl': 'Zone controller restarted',
  'step-mmr': 'Router restarted',
  'step-health': 'All healthy',
  stepDone: 'Done',
  stepNow: 'Now',
  stepLater: 'Later',
  signInAgain:
    'While the console restarts this page cannot be reached for some seconds; sign in again after it.',
  waitsFor:
    'The router is restarted as soon as nobody meets on it. Now there are {{load}}. New meetings may begin meanwhile, unless another router takes them.',
  restartNow: 'Restart now',
  restartNowText: '{{load}}: these people are interrupted for some seconds and come back by themselves.',
} as const;
