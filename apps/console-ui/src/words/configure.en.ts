export const configure = {
  title: 'Configure',
  subtitle: 'Which account this server belongs to, what it does there, and where its zone is.',
  formTitle: 'Enrol this server',
  againTitle: 'Enrol again',
  againText:
    'With the same account this server keeps its identity; meetings are interrupted for some seconds while its services restart.',
  loopback: 'Everything runs on this machine (evaluation), so its loopback address is allowed here.',
  zcAddress: 'ZC IPv4',
  zcHint: {
    controller: 'The address of zctrl on this server, as a rule that of eth0.',
    mmr: 'The address of the zone controller this router serves.',
  },
  mmrAddress: 'MMR IPv4',
  mmrHint: 'The address of mmr on this server, as a rule that of eth0:0.',
  otherZcAddress: 'Other ZC IPv4',
  otherZcHint: 'The second controller of the zone, for high availability. May be empty; never this server.',
  own: 'This server has {{addresses}}.',
  submit: 'Submit',
  done: 'This server is enrolled',
} as const;
