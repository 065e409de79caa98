import { en } from './en.ts'
import type { Language } from './language.ts'

/** By BCP 47 tag. */
export const languages = { en } satisfies Record<string, Language>

export type LanguageTag = keyof typeof languages
