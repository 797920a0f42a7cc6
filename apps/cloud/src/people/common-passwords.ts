/**
 * What guessers try first, in lower case. Passwords are compared whole and with everything but letters left out, so
 * that `Password123!` is found under `password`. Short ones are here for that second look only.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `password passwordpassword passw passwort contrasena contraseña motdepasse senha parola
  qwerty qwertyuiop qwertyqwerty qwertz azerty azertyuiop asdfgh asdfghjkl asdfghjklqwertyuiop zxcvbnm qazwsx
  qazwsxedc qwertyui abcdef abcdefg abcdefgh abcdefghij abcdefghijk abcdefghijklmnopqrstuvwxyz
  letmein letmeinplease welcome welcomehome iloveyou iloveyousomuch admin administrator root toor guest user test
  testtest testing changeme changemenow default secret topsecret master superman batman football baseball basketball
  dragon monkey sunshine princess shadow michael jordan ashley charlie jennifer jessica computer internet server
  google facebook samsung starwars pokemon whatever trustno trustnoone freedom mustang access hello helloworld
  guildhall meeting meetings conference company organisation organization office summer winter spring autumn
  january february march april june july august september october november december monday tuesday wednesday
  thursday friday saturday sunday london madrid paris berlin barcelona love lovelove fuckyou killer hunter
  0123456789 1234567890 12345678901 123456789012 9876543210 0987654321 1111111111 0000000000 1212121212 1122334455
  1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4t5 q1w2e3r4t5y6 1qaz2wsx3edc 1qazxsw23edc zaq12wsxcde3 123qweasdzxc qwe123qwe123
  a1b2c3d4e5 abc123abc123 qwerty1234 qwerty12345 qwerty123456 1234567890q 123456789a 1234512345 5432154321
  correcthorsebatterystaple`
    .split(/\s+/u)
    .filter((word) => word !== ''),
);
