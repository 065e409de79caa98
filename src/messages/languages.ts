import { en } from './en.ts'
import type { Language } from './language.ts'

/** By BCP 47 tag. */
export const languages = { en } satisfies Record<string, Language>

export type LanguageTag = keyof typeof languages

/** The language of a message: the stored one, or the first of `Accept-Language` that there is. */
export const chooseLanguage = (_stored: string | null, _acceptLanguage: string | null): LanguageTag => 'en'
