import type { Translated } from '@guildhall/ui';
import type { logs as en } from './logs.en.ts';

export const logs: Translated<typeof en> = {
  title: 'Registros',
  subtitle: 'Lo que escriben la consola, zctrl y mmr. Contraseñas, tokens y claves salen tapados.',
  source: 'Proceso',
  all: 'Todos',
  level: 'Gravedad mínima',
  atLeast: {
    trace: 'Todo',
    info: 'Información o peor',
    warn: 'Avisos o peor',
    error: 'Solo errores',
  },
  text: 'Buscar en las líneas',
  pause: 'Pausar',
  resume: 'Seguir',
  paused: 'En pausa',
  live: 'En directo',
  connecting: 'Conectando',
  lost: 'El servidor ha cerrado esta vista de sus registros.',
  dropped_one: 'Se ha omitido {{count}} línea porque esta página iba demasiado lenta.',
  dropped_other: 'Se han omitido {{count}} líneas porque esta página iba demasiado lenta.',
  empty: 'Ninguna línea coincide',
  emptyText: 'Las nuevas aparecen aquí solas. Con un filtro más amplio verás más.',
  lines: 'Líneas del registro',
  download: 'Descargar',
  downloadOf: 'Registro completo de {{source}}',
};
