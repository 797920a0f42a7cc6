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
};
