export const support = {
  title: 'Support bundle',
  subtitle: 'One file to send to those who help you.',
  inside: 'What is in it',
  parts: {
    status: 'Status',
    config: 'Configuration',
    logs: 'Logs',
    selfTest: 'Self-test',
    machine: 'Versions',
  },
  partText: {
    status: 'Services, pairing, link to the cloud, certificate.',
    config: 'The settings of this console.',
    logs: 'The newest 4 MiB of the console, zctrl and mmr each.',
    selfTest: 'A run made for the bundle.',
    machine: 'Of the product and what it stands on; processors, memory, addresses of this server.',
  },
  notInside:
    'Passwords, tokens, passcodes and private keys are left out. Names of people and addresses can stand in the logs: look before you send it.',
  download: 'Make and download',
  operateOnly: 'Only users who may operate this server can make one.',
} as const;
