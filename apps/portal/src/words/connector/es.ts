import type { Translated } from '@guildhall/ui';
import type { connector as en } from './en.ts';

import { setup } from './setup.es.ts';

export const connector: Translated<typeof en> = {
  connector: {
    title: 'Meeting Connector',
    subtitle: 'Servidores de tu propia red por los que pasa el audio y el vídeo de tus reuniones.',
    tabs: {
      download: 'Descarga',
      configuration: 'Configuración',
      monitoring: 'Supervisión',
      live: 'En marcha',
    },
    stateLabel: 'Estado del conector',
    mode: { test: 'Modo de prueba', production: 'Producción' },
    controllers_one: '{{count}} controlador',
    controllers_other: '{{count}} controladores',
    routers_one: '{{count}} enrutador',
    routers_other: '{{count}} enrutadores',
    people_one: '{{count}} persona',
    people_other: '{{count}} personas',
    meetings_one: '{{count}} reunión',
    meetings_other: '{{count}} reuniones',
    inMeetings: '{{people}} en {{meetings}}',
    allWell: 'Todo está conectado.',
    away_one: '{{count}} servidor no está conectado. Revisa su alimentación, su red y su consola.',
    away_other: '{{count}} servidores no están conectados. Revisa su alimentación, su red y su consola.',
    nodes: 'Servidores',
    name: 'Nombre',
    version: 'Versión',
    roles: { controller: 'Controlador', mmr: 'Enrutador multimedia' },
    emptyAction: 'Vincular un servidor',
    emptyTitle: 'Todavía no hay ningún servidor vinculado',
    emptyText:
      'Crea un token del conector y pégalo en la consola de un servidor. Aparecerá aquí por sí solo.',
    disabledTitle: 'Meeting Connector no está activado',
    disabledText:
      'Cuando se active en esta cuenta, podrás vincular tus propios servidores y ver aquí su estado.',
    enable: 'Activar Meeting Connector',
    failed: 'El conector no se ha cambiado',
    toProduction: 'Pasar a producción',
    toTest: 'Pasar a modo de prueba',
    toTestDialog: {
      title: '¿Pasar a modo de prueba?',
      text: 'Desde ese momento solo usarán el conector las reuniones de los anfitriones de prueba. Las que están en curso siguen, y se puede entrar en ellas.',
    },
    pair: {
      title: 'Vincular un servidor',
      text: 'Un servidor se une a esta cuenta con un token del conector. Crea uno y pégalo en la consola del servidor, en el puerto 5480.',
      make: 'Crear un token del conector',
      makeNew: 'Regenerar token',
      again: 'Ya hay un token. Se mostró una sola vez y no se puede volver a ver; uno nuevo lo sustituye.',
      dialogTitle: '¿Regenerar el token?',
      dialogText:
        'El token actual dejará de valer al momento. Los servidores vinculados siguen vinculados, nada se reinicia y las reuniones siguen.',
      token: 'Token del conector',
      tokenNote:
        'Solo se muestra ahora. Guárdalo en secreto: quien lo tenga puede añadir un servidor a tu cuenta.',
      address: 'Dirección de la nube',
      copyToken: 'Copiar token',
      step1: 'Abre la consola del servidor en un navegador: https:// y su dirección, puerto 5480.',
      step2: 'Inicia sesión, elige Configurar y pega el token y la dirección de la nube.',
      step3: 'Envía. El servidor crea su propia clave: este token se puede cambiar después sin afectarle.',
      copyAddress: 'Copiar dirección',
    },
  },
  ...setup,
};
