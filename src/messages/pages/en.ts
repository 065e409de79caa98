import type { PageWords } from '../page-words.ts'

export const enPages = {
  pages: {
    verify: {
      title: 'Confirm your email address',
      body: 'Confirm that this email address is yours.',
      button: 'Confirm email address',
      done: { title: 'Address confirmed', body: 'Thank you. You can close this page.' },
    },
    disown: {
      title: 'This was not you?',
      body: 'Someone created an account with your email address. You can remove it, and everything in it.',
      button: 'Remove the account',
      done: {
        title: 'Account removed',
        body: 'You can close this page.',
      },
    },
    reset: {
      title: 'Choose a new password',
      body: 'You will be signed out everywhere, and then sign in with the new password.',
      label: 'New password',
      hint: 'At least {min} characters.',
      button: 'Save password',
      done: { title: 'Password saved', body: 'You can now sign in with your new password.' },
    },
    confirmChange: {
      title: 'Confirm your new address',
      body: 'Your account will use this email address from now on.',
      button: 'Confirm new address',
      done: { title: 'Address changed', body: 'Your account now uses your new address. You can close this page.' },
    },
    undoChange: {
      title: 'Undo the change of address',
      body: 'Your account returns to its former address. Its password, every session, and every sign-in method added since then are removed.',
      button: 'Undo the change',
      done: {
        title: 'Change undone',
        body: 'Your account has its former address back. Choose “Forgot password” where you sign in, and set a new password.',
      },
    },
    signIn: {
      title: 'Sign in',
      body: 'You will be signed in on this device.',
      button: 'Sign in',
      done: { title: 'You are signed in', body: 'You can close this page.' },
    },
  },
  pageFailures: {
    incomplete: 'This link is incomplete. Open it from the message again, or copy all of it.',
    usedOrExpired: 'This link was used already, or has expired. Ask for a new one.',
    tooManyAttempts: 'Too many attempts. Wait a few minutes, and try again.',
    unavailable: 'The service cannot be reached right now. Try again in a moment.',
    weakPassword: 'This password is too short or too easy to guess. Choose another one.',
    addressTaken: 'This address belongs to another account by now.',
    suspended: 'This account is suspended.',
    moreNeeded: 'Your account asks for one more step. Sign in where you usually do.',
    unexpected: 'Something went wrong. Try again, or ask for a new link.',
    scriptNeeded: 'This page needs JavaScript. Turn it on, then open the link from the message again.',
  },
  pageBusy: 'One moment …',
  pageLabels: { show: 'Show', hide: 'Hide', goOn: 'Go to {product}' },
} satisfies PageWords
