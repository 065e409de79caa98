import type { Language } from './language.ts'
import { enPages } from './pages/en.ts'

export const en = {
  direction: 'ltr',
  labels: {
    link: 'Or open this link in your browser:',
    time: 'Time',
    device: 'Device',
    address: 'IP address',
    country: 'Country',
    unknownDevice: 'Unknown device',
    erased: 'What was erased',
    factor: 'Sign-in method',
    factorName: 'Its name',
    codesLeft: 'Recovery codes left',
  },
  factors: { totp: 'Authenticator app', passkey: 'Passkey' },
  erasable: {
    users: 'Account',
    sessions: 'Sessions',
    passwords: 'Passwords',
    devices: 'Remembered devices',
    codes: 'Links and codes sent by email',
    outbox: 'Emails to you',
    refresh_tokens: 'Tokens of apps',
    challenges: 'Unfinished sign-ins',
    totp_secrets: 'Authenticator apps',
    passkeys: 'Passkeys',
    recovery_codes: 'Recovery codes',
    other: 'Other records',
  },
  messages: {
    verify_email: {
      subject: 'Confirm your email address for {product}',
      heading: 'Confirm your email address',
      body: ['This address was used to create an account at {product}.'],
      link: {
        lead: 'Please confirm that it is yours.',
        button: 'Confirm email address',
        expiry: 'The link works once, within {life}.',
      },
      notYou: 'If this was not you, you can remove the unconfirmed account that uses your address:',
      notMe: 'This was not me',
    },
    account_exists: {
      subject: 'Your address is already known at {product}',
      heading: 'Your address is already known',
      body: [
        'Someone tried to create an account at {product} with this address. It has an account, or had one until a few days ago, so nothing was changed.',
        'If this was you, sign in instead. If you no longer know your password, choose “Forgot password” there.',
        'If your account has another address by now, sign in with that one. If it was changed without you, use the link that we sent here when it was changed.',
      ],
      notYou: 'If this was not you, ignore this message. Nothing will change.',
    },
    no_account: {
      subject: 'No account at {product} for this address',
      heading: 'No account for this address',
      body: [
        'Someone asked for a new password at {product} with this address, but there is no account for it.',
        'If this was you, you may have signed up with another address. Try that one, or create an account.',
      ],
      notYou: 'If this was not you, there is nothing to do.',
    },
    reset_password: {
      subject: 'Reset your password for {product}',
      heading: 'Reset your password',
      body: ['Someone asked for a new password for your account at {product}.'],
      link: {
        lead: 'If this was you, choose a new password. You will then be signed out everywhere.',
        button: 'Choose a new password',
        expiry: 'The link works once, within {life}.',
      },
      notYou: 'If this was not you, ignore this message. Your password stays as it is.',
    },
    change_email: {
      subject: 'Confirm your new email address for {product}',
      heading: 'Confirm your new address',
      body: ['Someone wants to use this address for their account at {product}.'],
      link: {
        lead: 'If this was you, confirm the change. Until then, your old address stays in use.',
        button: 'Confirm new address',
        expiry: 'The link works once, within {life}, while you stay signed in where you asked for it.',
      },
      notYou: 'If this was not you, ignore this message. Nothing will change.',
    },
    address_taken: {
      subject: 'Your address is already taken at {product}',
      heading: 'This address is already taken',
      body: [
        'Someone wanted to use this address for their account at {product}. It has an account, or had one until a few days ago, so nothing was changed.',
        'If this was you, choose another address for that account, or sign in to the one that has this address.',
        'If your account had this address until lately, only the link that we sent here when it was changed brings it back.',
      ],
      notYou: 'If this was not you, ignore this message. Nothing will change.',
    },
    email_changed: {
      subject: 'Your email address for {product} was changed',
      heading: 'Your email address was changed',
      body: ['The account at {product} that used this address now has another one. This one no longer signs in.'],
      link: {
        lead: 'If this was not you, undo the change. Your account returns to this address. Its password, every session, and every sign-in method added since then are removed: choose “Forgot password” afterwards.',
        button: 'Undo the change',
        expiry: 'The link works once, within {life}.',
      },
      notYou: 'If you made this change yourself, there is nothing to do. Otherwise contact {product} if you need help.',
    },
    sign_in_link: {
      subject: 'Sign in to {product}',
      heading: 'Sign in to {product}',
      body: [],
      link: {
        lead: 'Here is the link you asked for.',
        button: 'Sign in',
        expiry: 'The link works once, within {life}. Do not forward this message.',
      },
      notYou: 'If this was not you, ignore this message. Nobody can sign in without it.',
    },
    sign_in_code: {
      subject: 'Your code for signing in to {product}',
      heading: 'Sign in to {product}',
      body: ['Enter this code where you asked for it.'],
      code: {
        expiry:
          'The code works once, within {life}. Never tell it to anyone, even if they say they are from {product}.',
      },
      notYou: 'If this was not you, ignore this message. Nobody can sign in without the code.',
    },
    confirm_code: {
      subject: 'Finish signing in to {product}',
      heading: 'Finish signing in',
      body: [
        'Your password was right. Enter this code to confirm your email address and finish signing in to {product}.',
      ],
      code: {
        expiry:
          'The code works once, within {life}. Never tell it to anyone, even if they say they are from {product}.',
      },
      notYou: 'If this was not you, do not pass on the code. If the account is yours, choose a new password.',
    },
    account_claimed: {
      subject: 'Your address is confirmed at {product}',
      heading: 'Your address is confirmed',
      body: [
        'You have now proven that this address is yours. Your account at {product} had been created with it before, without such proof.',
        'Because that may have been someone else, every password, session and sign-in method from before was removed, and with them its name, user name and language. From now on, the account is yours alone.',
      ],
      notYou: 'If this was not you, someone can read your mail. Change the password of your mailbox first.',
    },
    new_device: {
      subject: 'New sign-in to {product}',
      heading: 'New sign-in',
      body: ['Your account at {product} was used from a device that we have not seen before.'],
      notYou:
        'If this was you, there is nothing to do. If not, choose a new password for {product}: it signs out every device.',
    },
    password_changed: {
      subject: 'Your password for {product} was changed',
      heading: 'Your password was changed',
      body: ['The password of your account at {product} was changed. Every other device was signed out.'],
      notYou:
        'If this was not you, choose “Forgot password” where you sign in, and set a new password with this address.',
    },
    token_reused: {
      subject: 'We ended a session at {product}',
      heading: 'We ended a session',
      body: [
        'A key that keeps an app signed in to your account at {product} was used a second time. That can mean that it was copied, so we ended that session. Your other sessions go on.',
      ],
      notYou:
        'Sign in again where you were signed out. If you do not recognise this device, choose a new password too.',
    },
    factor_added: {
      subject: 'A sign-in method was added at {product}',
      heading: 'A sign-in method was added',
      body: ['A sign-in method was added to your account at {product}. Every other device was signed out.'],
      notYou:
        'If this was you, there is nothing to do. If not, sign in, remove this method, and choose a new password: it signs out every other device. If you can no longer sign in, contact {product}.',
    },
    factor_removed: {
      subject: 'A sign-in method was removed at {product}',
      heading: 'A sign-in method was removed',
      body: ['A sign-in method was removed from your account at {product}. Every other device was signed out.'],
      notYou:
        'If this was not you, choose “Forgot password” where you sign in, and set a new password with this address. Then check your sign-in methods.',
    },
    recovery_code_used: {
      subject: 'A recovery code was used at {product}',
      heading: 'A recovery code was used',
      body: [
        'One of your recovery codes was used to sign in to your account at {product}. That code is used up.',
        'Make new ones before the last is gone.',
      ],
      notYou:
        'If this was not you, someone has your recovery codes and another way into your account. Choose a new password, which signs out every other device, and then make new recovery codes: they replace these. If you can no longer sign in, contact {product}.',
    },
    recovery_codes_made: {
      subject: 'New recovery codes at {product}',
      heading: 'New recovery codes',
      body: [
        'New recovery codes were made for your account at {product}. Older ones no longer work.',
        'Keep them where only you can get at them.',
      ],
      notYou:
        'If this was not you, choose a new password, which signs out every other device, and then make recovery codes of your own: they replace these. If you can no longer sign in, contact {product}.',
    },
    deletion_scheduled: {
      subject: 'Your account at {product} will be deleted',
      heading: 'Your account will be deleted',
      body: [
        'Your account at {product} and everything in it will be erased on {erasesAt}.',
        'To keep it, sign in before then.',
      ],
      notYou: 'If this was not you, sign in to keep your account, and choose a new password.',
    },
    account_deleted: {
      subject: 'Your account at {product} was deleted',
      heading: 'Your account was deleted',
      body: ['Your account at {product} was erased, and cannot be restored. This is your receipt.'],
      notYou: 'If this was not you, contact {product}. This address is free to be used for a new account.',
    },
  },
  ...enPages,
} satisfies Language
