import type { Translated } from '@guildhall/ui';
import type { updates as en } from './updates.en.ts';

export const updates: Translated<typeof en> = {
  title: 'Actualizaciones',
  subtitle: 'La versión de este servidor y el camino a otra.',
  versions: 'Versiones',
  running: 'Está en marcha la versión {{version}}',
  notManaged:
    'Esta instalación no se actualiza aquí. Si funciona desde un clon, las actualizaciones llegan por git; un paquete o contenedor lo actualiza quien lo instaló.',
  waits: 'La versión {{version}} se usará desde el próximo arranque de la consola',
  isCurrent: 'Se usa en el próximo arranque',
  isInstalled: 'Instalada',
  switch: 'Cambiar',
  switchNamed: 'Cambiar a {{version}}',
  switchText:
    'El próximo arranque de la consola usará {{version}}. Hasta entonces no se toca nada de lo que está en marcha.',
  switched: 'El próximo arranque usará {{version}}',
  switchRestartText:
    'La consola se reinicia con {{version}} y después los servicios. Las reuniones siguen: el enrutador se reinicia cuando nadie está reunido en él.',
  install: 'Instalar un paquete',
  installText:
    'Se comprueban firma, producto, versión y cada archivo antes de desempaquetar nada. Las reuniones siguen.',
  bundle: 'Paquete de actualización',
  bundleHint: 'Un .tar firmado por quien hace este producto, más nuevo que lo que está en marcha.',
  choose: 'Elige un archivo',
  uploading: 'Subiendo',
  verifying: 'Comprobando y desempaquetando',
  uploadAndInstall: 'Subir e instalar',
  installed: 'Versión {{version}} instalada',
  inUse: 'En uso',
  wayTo: 'El camino a la versión {{version}}',
  'state-running': 'En curso',
  'state-waiting': 'Espera a las reuniones',
  'state-done': 'Terminado',
  'state-going-back': 'Volviendo atrás',
  'state-rolled-back': 'Se volvió atrás',
  'state-interrupted': 'Interrumpido',
  'reason-ended':
    'La consola de {{version}} terminó nada más arrancar, así que vuelve a funcionar {{before}}. Su registro dice más.',
  'reason-silent':
    'La consola de {{version}} no respondió a tiempo, así que vuelve a funcionar {{before}}. Su registro dice más.',
  'reason-zctrl':
    'El controlador de zona no llegó a estar listo con {{version}}, así que todo vuelve a {{before}}. Su registro dice más.',
  'reason-mmr':
    'El enrutador no llegó a estar listo con {{version}}, así que todo vuelve a {{before}}. Su registro dice más.',
  interrupted:
    'El camino a {{version}} se cortó antes de que cambiara la consola. Cambia a ella para volver a intentarlo.',
  'step-installed': 'Instalada',
  'step-console': 'Consola reiniciada',
  'step-zctrl': 'Controlador de zona reiniciado',
  'step-mmr': 'Enrutador reiniciado',
  'step-health': 'Todo en buen estado',
  stepDone: 'Hecho',
  stepNow: 'Ahora',
  stepLater: 'Después',
  signInAgain:
    'Mientras la consola se reinicia, esta página no responde durante unos segundos; después, vuelve a iniciar sesión.',
  waitsFor:
    'El enrutador se reinicia en cuanto nadie esté reunido en él. Ahora hay {{load}}. Entretanto pueden empezar reuniones nuevas, salvo que otro enrutador las acoja.',
  restartNow: 'Reiniciar ahora',
  restartNowText: '{{load}}: estas personas se interrumpen unos segundos y vuelven por sí solas.',
};
