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
  signInStep: {
    title: 'One more step',
    methods: {
      totp: {
        ask: 'Enter the code that your authenticator app shows.',
        label: 'Code from the app',
        choose: 'Use the authenticator app',
      },
      passkey: { ask: 'Confirm with your passkey that it is you.', choose: 'Use a passkey' },
      email: {
        ask: 'Enter the code that we have sent to you by email.',
        label: 'Code from the email',
        choose: 'Use the code from the email',
      },
      recovery: {
        ask: 'Enter one of the recovery codes that you have kept. It works once.',
        label: 'Recovery code',
        choose: 'Use a recovery code',
      },
    },
    button: 'Continue',
    trust: 'Trust this device for 30 days',
    enrol: {
      title: 'A second factor is needed',
      body: 'Your account has to be protected by an authenticator app or a passkey. Sign in where you usually do, and set one up there.',
    },
  },
  pageFailures: {
    incomplete: 'This link is incomplete. Open it from the message again, or copy all of it.',
    usedOrExpired: 'This link was used already, or has expired. Ask for a new one.',
    signInFirst: 'Sign in to your account in this browser first, then open the link again.',
    tooManyAttempts: 'Too many attempts. Wait a few minutes, and try again.',
    unavailable: 'The service cannot be reached right now. Try again in a moment.',
    weakPassword: 'This password is too short or too easy to guess. Choose another one.',
    addressTaken: 'This address belongs to another account by now.',
    suspended: 'This account is suspended.',
    wrongCode: 'This code is wrong, or was used already. Check it, or take another one.',
    wrongPasskey: 'The passkey was not accepted. Try again, or choose another way.',
    stepOver: 'This sign-in has expired, or there were too many tries. Ask for a new link.',
    moreNeeded: 'Your account asks for one more step. Sign in where you usually do.',
    unexpected: 'Something went wrong. Try again, or ask for a new link.',
    scriptNeeded: 'This page needs JavaScript. Turn it on, then open the link from the message again.',
  },
  pageBusy: 'One moment …',
  pageLabels: { show: 'Show', hide: 'Hide', goOn: 'Go to {product}' },
} satisfies PageWords
