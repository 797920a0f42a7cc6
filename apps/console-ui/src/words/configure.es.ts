import type { Translated } from '@guildhall/ui';
import type { configure as en } from './configure.en.ts';

export const configure: Translated<typeof en> = {
  title: 'Configurar',
  subtitle: 'A qué cuenta pertenece este servidor, qué hace en ella y dónde está su zona.',
  formTitle: 'Inscribir este servidor',
  againTitle: 'Inscribir de nuevo',
  againText:
    'Con la misma cuenta este servidor conserva su identidad; las reuniones se interrumpen unos segundos mientras arrancan de nuevo sus servicios.',
  loopback: 'Todo se ejecuta en esta máquina (evaluación), así que aquí vale su dirección de bucle.',
  zcAddress: 'IPv4 del ZC',
  zcHint: {
    controller: 'La dirección de zctrl en este servidor; por lo general, la de eth0.',
    mmr: 'La dirección del controlador de zona al que sirve este enrutador.',
  },
  mmrAddress: 'IPv4 del MMR',
  mmrHint: 'La dirección de mmr en este servidor; por lo general, la de eth0:0.',
  otherZcAddress: 'IPv4 del otro ZC',
  otherZcHint:
    'El segundo controlador de la zona, para alta disponibilidad. Puede quedar vacía; nunca este servidor.',
  own: 'Este servidor tiene {{addresses}}.',
  submit: 'Enviar',
  done: 'Este servidor está inscrito',
};
