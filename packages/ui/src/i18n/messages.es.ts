import type { Translated } from './types.ts';
import type { en } from './messages.en.ts';

export const es: Translated<typeof en> = {
  close: 'Cerrar',
  cancel: 'Cancelar',
  copy: 'Copiar',
  copied: 'Copiado',
  tryAgain: 'Reintentar',
  loading: 'Cargando',
  skipToContent: 'Ir al contenido',
  mainNavigation: 'Principal',
  password: { show: 'Mostrar la contraseña', hide: 'Ocultar la contraseña' },
  language: { label: 'Idioma' },
  appearance: { label: 'Apariencia', auto: 'Sistema', light: 'Clara', dark: 'Oscura' },
  error: { code: 'Código de error: {{code}}' },
  state: {
    running: 'En marcha',
    starting: 'Arrancando',
    waiting: 'En espera',
    draining: 'Vaciándose',
    stopping: 'Parando',
    stopped: 'Parado',
    failing: 'Con fallos',
    unreachable: 'Sin conexión',
    live: 'En curso',
    ended: 'Terminada',
    unknown: 'Desconocido',
  },
};
