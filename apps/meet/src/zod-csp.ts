import { z } from 'zod';

// Imported before any schema is made: the library otherwise tries `new Function`, which the page's policy
// refuses and reports as a violation.
z.config({ jitless: true });
