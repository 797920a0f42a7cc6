import type { Translated } from '@guildhall/ui';
import type { users as en } from './users.en.ts';

export const users: Translated<typeof en> = {
  title: 'Usuarios',
  subtitle: 'Quién puede iniciar sesión en esta consola. No son las personas del portal.',
  tableLabel: 'Usuarios de esta consola',
  name: 'Usuario',
  you: 'Tú',
  authority: 'Autoridad',
  authorities: { operate: 'Manejar', view: 'Ver' },
  authorityHint: {
    operate: 'Puede cambiar ajustes, arrancar y parar servicios y gestionar usuarios.',
    view: 'Puede mirar todo lo que hay en estas páginas y no cambiar nada.',
  },
  mustChange: 'Tiene que cambiar la contraseña la próxima vez que inicie sesión.',
  acts: 'Acciones',
  make: {
    operate: 'Dejar manejar',
    view: 'Solo ver',
    operateNamed: 'Dejar manejar: {{username}}',
    viewNamed: 'Solo ver: {{username}}',
  },
  changed: 'Autoridad de {{username}} cambiada',
  add: 'Añadir usuario',
  addTitle: 'Añadir un usuario',
  firstPassword: 'Primera contraseña',
  firstPasswordHint:
    'Al menos 10 caracteres, y que no sea de las habituales. Habrá que cambiarla en el primer inicio de sesión.',
  added: '{{username}} añadido',
  reset: 'Poner contraseña',
  resetNamed: 'Poner contraseña: {{username}}',
  resetTitle: 'Poner la contraseña de {{username}}',
  resetText:
    'Se cierra la sesión de {{username}} en todas partes y tendrá que cambiar esta contraseña al volver a entrar.',
  resetDone: 'Contraseña de {{username}} puesta',
  delete: 'Eliminar',
  deleteNamed: 'Eliminar {{username}}',
  deleteTitle: '¿Eliminar {{username}}?',
  deleteText: 'Se cierra la sesión de {{username}} al momento y ya no podrá entrar.',
  deleted: '{{username}} eliminado',
};
