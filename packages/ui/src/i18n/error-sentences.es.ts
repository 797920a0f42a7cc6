/**
 * Spanish sentences of the registered errors, by code. English comes from the server, which may be more
 * exact than the registry. A test of the portal fails when the registry has a code that is not here.
 */
export const errorSentencesEs: Readonly<Record<string, string>> = {
  internal:
    'Algo ha fallado por nuestra parte. Inténtalo de nuevo; si sigue igual, avisa a quien administra el servicio.',
  'request.invalid': 'No hemos entendido la petición. Revisa el campo señalado.',
  'request.malformed': 'El mensaje no es JSON válido: está cortado, anidado en exceso o repite una clave.',
  'request.too-large': 'El mensaje es más grande de lo permitido. Envía menos.',
  'request.headers-too-large': 'Las cabeceras son más grandes de lo permitido.',
  'request.unsupported-type': 'Ese tipo de contenido no se admite. Envía application/json.',
  'request.unknown-method': 'Ese método no existe. Revisa el nombre y la versión del protocolo.',
  'request.method-not-allowed': 'Esta dirección no responde a ese método HTTP.',
  'request.timeout': 'La respuesta no llegó a tiempo. Inténtalo de nuevo.',
  'request.cross-site': 'La petición venía de otro sitio y se ha rechazado.',
  'request.conflict': 'Otra persona lo ha cambiado a la vez. Vuelve a cargarlo y repite tu cambio.',
  'request.cancelled': 'La petición se ha cancelado.',
  'not-found': 'Aquí no hay nada, o no tienes permiso para verlo.',
  'rate.limited': 'Demasiados intentos. Espera un momento y vuelve a probar.',
  overloaded: 'El servidor está ocupado. Inténtalo de nuevo en un momento.',
  'store.unavailable': 'La base de datos no responde ahora; no se ha cambiado nada. Inténtalo en un momento.',
  'auth.required': 'No has iniciado sesión o la sesión ha terminado. Inicia sesión y vuelve a intentarlo.',
  'auth.wrong-credentials': 'El correo o la contraseña no son correctos.',
  'auth.forbidden': 'Tu rol no lo permite. Pídeselo a quien administra tu cuenta.',
  'auth.password-change-required': 'Cambia la primera contraseña antes de seguir.',
  'auth.weak-password':
    'Esta contraseña es demasiado fácil de adivinar. Usa al menos 10 caracteres y que no sea una de las habituales.',
  'auth.wrong-password': 'La contraseña actual no es correcta.',
  'auth.invalid': 'La prueba de identidad no es válida. Vincula el nodo otra vez.',
  'auth.expired': 'La prueba de identidad ha caducado. Revisa el reloj.',
  'auth.replayed': 'Esta prueba de identidad ya se usó una vez.',
  'config.invalid': 'La configuración no es válida. Revisa la clave señalada.',
  'port.in-use': 'El puerto ya está ocupado. Libéralo o elige otro.',
  'user.email-taken': 'Ya hay una persona con este correo.',
  'user.name-taken': 'Ya existe un usuario con este nombre. Elige otro nombre.',
  'user.last-operator':
    'La consola necesita al menos un usuario que pueda manejarla. Da antes esa autoridad a otra persona.',
  'user.too-many': 'Esta consola ya tiene todos los usuarios que puede tener. Elimina antes alguno.',
  'user.last-owner': 'La cuenta necesita al menos un propietario. Nombra antes a otra persona.',
  'protocol.version': 'Esta página habla una versión del protocolo que el servidor no conoce. Recárgala.',
  'protocol.hello-required': 'Falta el saludo inicial.',
  'protocol.hello-repeated': 'El saludo inicial ya se había enviado.',
  'link.closed': 'La conexión se cerró antes de la respuesta. Se restablecerá sola.',
  'link.refused': 'El servidor ha rechazado la conexión.',
  'link.unreachable': 'No se puede llegar al servidor. Comprueba tu conexión e inténtalo de nuevo.',
  'link.replaced': 'Esta conexión se ha sustituido por otra más reciente de la misma persona.',
  'meeting.not-found': 'No hay ninguna reunión con este número. Revísalo o pregunta al anfitrión.',
  'meeting.passcode-required': 'Esta reunión tiene código de acceso. Escríbelo para entrar.',
  'meeting.wrong-passcode':
    'El código de acceso no es correcto. Revisa la invitación o pregunta al anfitrión.',
  'meeting.name-required': 'Escribe el nombre que verán los demás.',
  'meeting.guests-not-allowed':
    'Esta reunión no admite invitados. Inicia sesión con una cuenta de la organización.',
  'meeting.locked': 'El anfitrión ha cerrado la reunión a nuevas entradas. Pídele que la abra.',
  'meeting.removed': 'El anfitrión te ha sacado de esta reunión.',
  'meeting.refused': 'El anfitrión no te ha admitido en esta reunión.',
  'meeting.ended': 'Esta reunión ha terminado.',
  'meeting.waiting': 'Estás en la sala de espera. Podrás hacerlo cuando el anfitrión te admita.',
  'meeting.not-allowed': 'Tu papel en esta reunión no lo permite. Pídeselo al anfitrión.',
  'meeting.unknown-participant': 'Esta persona ya no está en la reunión.',
  'meeting.chat-off': 'El anfitrión ha desactivado el chat.',
  'meeting.not-stored':
    'Ningún controlador de la zona ha podido guardar esta decisión: está en vigor, pero podría perderse si falla el enrutador. Repítela para asegurarla.',
  'meeting.not-here': 'Esta reunión no está abierta en este enrutador. Entra otra vez.',
  'ticket.invalid': 'Este pase no vale aquí. Abre de nuevo el enlace de la reunión.',
  'ticket.expired': 'Este pase ha caducado. Abre de nuevo el enlace de la reunión.',
  'seat.invalid': 'Este puesto no vale en este enrutador. Entra otra vez.',
  'seat.expired': 'Este puesto ha caducado. Entra otra vez.',
  'rejoin.invalid': 'El pase de vuelta no vale en esta zona. Abre de nuevo el enlace de la reunión.',
  'rejoin.expired': 'El pase de vuelta ha caducado. Abre de nuevo el enlace de la reunión.',
  'pass.invalid':
    'Este permiso para entrar sin el portal no vale aquí. Entra otra vez cuando el portal responda.',
  'pass.expired':
    'Este permiso para entrar sin el portal ha caducado. Entra otra vez cuando el portal responda.',
  'pass.revoked':
    'Este permiso para entrar sin el portal se ha retirado. Entra otra vez cuando el portal responda.',
  'portal.away':
    'No se puede acceder al portal. Hasta que responda, los miembros que iniciaron sesión aquí pueden empezar las reuniones guardadas en este navegador y entrar en ellas; los invitados y los demás pueden entrar más tarde.',
  'zone.no-router':
    'No hay ningún enrutador multimedia en marcha en esta zona. Se reintenta solo; si sigue igual, avisa a tu administrador.',
  'zone.full':
    'Todos los enrutadores de esta zona están llenos. Prueba más tarde o pide a tu administrador que añada uno.',
  'router.overloaded':
    'El enrutador de esta reunión ya trabaja al máximo sin perjudicar a quienes están dentro. Inténtalo de nuevo en un momento; si continúa, pide a tu administrador que añada un enrutador.',
  'zone.no-policy':
    'Este controlador aún no ha recibido su configuración de la nube. Inténtalo en un momento.',
  'zone.open-failed': 'El enrutador no ha podido abrir la reunión. Inténtalo de nuevo.',
  'zone.stale-epoch': 'Esta orden es más antigua que otra ya cumplida.',
  'connector.not-enabled':
    'Meeting Connector no está activado en esta cuenta. Un administrador puede activarlo en el portal.',
  'connector.no-controller':
    'No hay ningún controlador de esta cuenta conectado. Pide a tu administrador que revise el conector.',
  'connector.not-live':
    'El conector está en modo de prueba y solo pueden usarlo los anfitriones de prueba. Un administrador puede pasarlo a producción.',
  'connector.not-ready':
    'El conector no está listo para producción. La lista de comprobación dice qué falta y qué hacer.',
  'connector.outdated':
    'Este conector es anterior a la versión mínima de la cuenta y no acepta reuniones nuevas. Pide a quien administra que lo actualice.',
  'hosting.elsewhere':
    'Las reuniones de este anfitrión no se alojan en el conector. Quien administra puede cambiar dónde se alojan.',
  'hosting.no-zone':
    'Ninguna zona del conector puede alojar las reuniones de esta persona. Quien administra puede permitirlo en el portal.',
  'hosting.locked':
    'Un nivel superior está bloqueado y este ajuste no cambiaría nada. Desbloquea antes la cuenta o el grupo.',
  'hosting.wrong-address': 'Esto no es una dirección IP. Escríbela completa, como 10.1.2.3.',
  'hosting.wrong-subnet':
    'Esto no es una subred. Escribe la dirección de red y la longitud del prefijo, como 10.1.0.0/16.',
  'hosting.subnet-taken': 'Esta subred ya pertenece a otra zona. Quítala antes de allí.',
  'hosting.name-taken': 'Ese nombre ya existe. Elige otro.',
  'hosting.zone-in-use':
    'Esta zona tiene nodos o es la predeterminada. Mueve antes sus nodos y elige otra zona predeterminada.',
  'connector.wrong-token':
    'El token del conector es incorrecto o se ha regenerado. Copia el actual en el portal.',
  'alert.forbidden-address': 'Un webhook no puede llamar a esta dirección. Usa una dirección https propia.',
  'alert.no-mail':
    'Esta nube no tiene servidor de correo. Pide a su operador que configure uno o usa un webhook.',
  'alert.not-delivered': 'El mensaje de prueba no se entregó. El registro de entregas dice por qué.',
  'node.unknown':
    'Este nodo no está dado de alta o se quitó de la cuenta. Vincúlalo otra vez con el token del conector.',
  'node.bad-proof': 'El nodo no ha podido demostrar su identidad. Revisa su reloj y vincúlalo otra vez.',
  'media.unavailable': 'El motor multimedia no está listo. Se reintenta solo.',
  'media.limit': 'Se ha alcanzado el límite de flujos de una persona.',
  'media.invalid-parameters': 'Los parámetros multimedia no son válidos.',
  'media.unknown-transport': 'Ese transporte no existe.',
  'media.unknown-producer': 'Ese emisor no existe.',
  'media.unknown-consumer': 'Ese receptor no existe.',
  'media.cannot-consume': 'Este navegador no puede recibir ese flujo.',
  'media.already-connected': 'Este transporte ya estaba conectado; se mantiene la primera conexión.',
  'media.source-taken': 'Esa fuente ya se está enviando.',
  'media.screen-not-allowed': 'En esta reunión solo los anfitriones pueden compartir pantalla.',
  'certificate.unreadable':
    'Esto no es un certificado en formato PEM. Pega todo, desde BEGIN CERTIFICATE hasta END CERTIFICATE.',
  'certificate.key-unreadable':
    'Esto no es una clave privada en formato PEM. Pega todo, desde BEGIN PRIVATE KEY hasta END PRIVATE KEY.',
  'certificate.key-encrypted':
    'La clave privada está protegida con contraseña. Quítasela antes y pega la clave sin proteger.',
  'certificate.key-mismatch':
    'La clave privada no es la de este certificado. Usa la clave con la que se hizo su solicitud.',
  'certificate.key-missing':
    'No se ha dado una clave privada y no hay ninguna solicitud abierta cuya clave sirva. Pega también la clave.',
  'certificate.weak':
    'La clave o la firma son demasiado débiles para los navegadores. Usa RSA de al menos 2048 bits o EC P-256 o P-384, firmado con SHA-256 o mejor.',
  'certificate.expired':
    'El certificado ha caducado. Consigue uno nuevo y comprueba el reloj de este servidor.',
  'certificate.not-yet-valid': 'El certificado aún no es válido. Comprueba el reloj de este servidor.',
  'certificate.chain-too-long':
    'Hay más de 10 certificados. Pega el de este servidor y los de las autoridades que lo firmaron.',
  'certificate.chain-order':
    'Cada certificado tiene que estar firmado por el siguiente. Pon primero el de este servidor, luego la autoridad que lo firmó, y así sucesivamente.',
  'certificate.no-names':
    'El certificado no nombra ningún servidor y los navegadores lo rechazan. Necesita los nombres en sus nombres alternativos (SAN).',
  'certificate.order-running': 'Ya se está pidiendo un certificado. Espera a que termine.',
  'update.not-managed':
    'Esta instalación no se actualiza con paquetes. Si funciona desde un clon, las actualizaciones llegan por git.',
  'update.damaged':
    'El paquete está cortado o dañado, o contiene otros archivos que los que dice. Descárgalo y súbelo de nuevo.',
  'update.unsigned': 'El paquete no está firmado. Usa uno de quien hace este producto.',
  'update.wrong-key':
    'El paquete está firmado con una clave en la que este servidor no confía. Usa uno de quien hace este producto.',
  'update.other-product': 'El paquete es de otro producto.',
  'update.older':
    'El paquete no es más nuevo que la versión en uso. Para volver atrás, cambia a una versión instalada.',
  'update.unsafe-path':
    'El paquete contiene algo que no es un archivo normal dentro de su carpeta. Se ha rechazado sin abrirlo.',
  'update.too-large': 'El paquete es más grande de lo que admite este servidor.',
  'service.not-running': 'Este servicio no está en marcha en este nodo, así que no hay nada que vaciar.',
  'service.not-paired':
    'Este nodo aún no está vinculado a ninguna cuenta. Pega primero el token del conector.',
  'service.cloud-unreachable':
    'Desde este nodo no se llega a la nube. Revisa la dirección, la red y el proxy.',
  'proxy.unreachable':
    'El proxy HTTP de este nodo no responde. Revísalo en Red, Dirección, y que esté en marcha.',
  'proxy.sign-in-required':
    'El proxy HTTP de este nodo pide usuario y contraseña. Indica proxyCredentials de la consola, o deja pasar a este servidor sin ellos.',
  'proxy.refused':
    'El proxy HTTP de este nodo rechazó un túnel a la nube. Permite allí CONNECT a su nombre y puerto.',
  'service.unknown': 'No hay ningún servicio con ese nombre en este nodo.',
  'network.invalid': 'Un ajuste de red incumple una regla. Revisa los campos señalados.',
  'network.not-permitted':
    'Esta consola no puede cambiar la red de su máquina. Muestra lo que haría; hazlo allí a mano.',
  'network.pending': 'Otro cambio de la red espera su confirmación. Confírmalo o deshazlo antes.',
  'network.nothing-pending': 'Ese cambio ya se deshizo. Mira los ajustes en vigor.',
  'network.failed': 'No se han podido aplicar los ajustes de red; siguen en vigor los anteriores.',
};
