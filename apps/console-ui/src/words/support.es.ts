import type { Translated } from '@guildhall/ui';
import type { support as en } from './support.en.ts';

export const support: Translated<typeof en> = {
  title: 'Paquete de soporte',
  subtitle: 'Un archivo para enviar a quien te ayuda.',
  inside: 'Qué contiene',
  parts: {
    status: 'Estado',
    config: 'Configuración',
    logs: 'Registros',
    selfTest: 'Autodiagnóstico',
    machine: 'Versiones',
  },
  partText: {
    status: 'Servicios, vinculación, enlace con la nube, certificado.',
    config: 'Los ajustes de esta consola.',
    logs: 'Los últimos 4 MiB de la consola, de zctrl y de mmr.',
    selfTest: 'Uno hecho para el paquete.',
    machine: 'Del producto y de lo que usa; procesadores, memoria y direcciones de este servidor.',
  },
  notInside:
    'Se omiten contraseñas, tokens, códigos y claves privadas. En los registros puede haber nombres y direcciones: míralo antes de enviarlo.',
  download: 'Crear y descargar',
  operateOnly: 'Solo pueden crearlo los usuarios que manejan este servidor.',
};
