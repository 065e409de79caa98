import type { PageWords } from '../page-words.ts'

export const dePages = {
  pages: {
    verify: {
      title: 'E-Mail-Adresse bestätigen',
      body: 'Bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört.',
      button: 'E-Mail-Adresse bestätigen',
      done: { title: 'Adresse bestätigt', body: 'Vielen Dank. Sie können diese Seite schließen.' },
    },
    disown: {
      title: 'Das waren nicht Sie?',
      body: 'Jemand hat mit Ihrer E-Mail-Adresse ein Konto angelegt. Sie können es mit allen Daten entfernen.',
      button: 'Konto entfernen',
      done: { title: 'Konto entfernt', body: 'Sie können diese Seite schließen.' },
    },
    reset: {
      title: 'Neues Passwort wählen',
      body: 'Sie werden auf allen Geräten abgemeldet und melden sich dann mit dem neuen Passwort an.',
      label: 'Neues Passwort',
      hint: 'Mindestens {min} Zeichen.',
      button: 'Passwort speichern',
      done: { title: 'Passwort gespeichert', body: 'Sie können sich jetzt mit dem neuen Passwort anmelden.' },
    },
    confirmChange: {
      title: 'Neue Adresse bestätigen',
      body: 'Ihr Konto verwendet von nun an diese E-Mail-Adresse.',
      button: 'Neue Adresse bestätigen',
      done: {
        title: 'Adresse geändert',
        body: 'Ihr Konto verwendet jetzt Ihre neue Adresse. Sie können diese Seite schließen.',
      },
    },
    undoChange: {
      title: 'Änderung der Adresse rückgängig machen',
      body: 'Ihr Konto erhält seine frühere Adresse zurück. Sein Passwort, alle Sitzungen und alle seither hinzugekommenen Anmeldeverfahren werden entfernt.',
      button: 'Änderung rückgängig machen',
      done: {
        title: 'Änderung rückgängig gemacht',
        body: 'Ihr Konto hat seine frühere Adresse wieder. Wählen Sie bei der Anmeldung „Passwort vergessen“ und legen Sie ein neues Passwort fest.',
      },
    },
    signIn: {
      title: 'Anmelden',
      body: 'Sie werden auf diesem Gerät angemeldet.',
      button: 'Anmelden',
      done: { title: 'Sie sind angemeldet', body: 'Sie können diese Seite schließen.' },
    },
  },
  signInStep: {
    title: 'Noch ein Schritt',
    methods: {
      totp: {
        ask: 'Geben Sie den Code ein, den Ihre Authentifizierungs-App anzeigt.',
        label: 'Code aus der App',
        choose: 'Authentifizierungs-App verwenden',
      },
      passkey: { ask: 'Bestätigen Sie mit Ihrem Passkey, dass Sie es sind.', choose: 'Passkey verwenden' },
      email: {
        ask: 'Geben Sie den Code ein, den wir Ihnen per E-Mail geschickt haben.',
        label: 'Code aus der E-Mail',
        choose: 'Code aus der E-Mail verwenden',
      },
      recovery: {
        ask: 'Geben Sie einen Ihrer aufbewahrten Wiederherstellungscodes ein. Er lässt sich einmal verwenden.',
        label: 'Wiederherstellungscode',
        choose: 'Wiederherstellungscode verwenden',
      },
    },
    button: 'Weiter',
    trust: 'Diesem Gerät 30 Tage lang vertrauen',
    enrol: {
      title: 'Zweiter Faktor nötig',
      body: 'Ihr Konto muss mit einer Authentifizierungs-App oder einem Passkey geschützt sein. Melden Sie sich dort an, wo Sie es sonst tun, und richten Sie das ein.',
    },
  },
  pageFailures: {
    incomplete:
      'Dieser Link ist unvollständig. Öffnen Sie ihn noch einmal aus der Nachricht, oder kopieren Sie ihn ganz.',
    usedOrExpired: 'Dieser Link wurde schon verwendet oder ist abgelaufen. Fordern Sie einen neuen an.',
    signInFirst: 'Melden Sie sich zuerst in diesem Browser bei Ihrem Konto an und öffnen Sie den Link dann erneut.',
    tooManyAttempts: 'Zu viele Versuche. Warten Sie einige Minuten, und versuchen Sie es dann erneut.',
    unavailable: 'Der Dienst ist gerade nicht erreichbar. Versuchen Sie es gleich noch einmal.',
    weakPassword: 'Dieses Passwort ist zu kurz oder zu leicht zu erraten. Wählen Sie ein anderes.',
    addressTaken: 'Diese Adresse gehört inzwischen zu einem anderen Konto.',
    suspended: 'Dieses Konto ist gesperrt.',
    wrongCode: 'Dieser Code stimmt nicht oder wurde schon verwendet. Prüfen Sie ihn, oder nehmen Sie einen anderen.',
    wrongPasskey:
      'Der Passkey wurde nicht angenommen. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.',
    stepOver: 'Diese Anmeldung ist abgelaufen, oder es waren zu viele Versuche. Fordern Sie einen neuen Link an.',
    moreNeeded: 'Ihr Konto verlangt einen weiteren Schritt. Melden Sie sich dort an, wo Sie es sonst tun.',
    unexpected: 'Das hat nicht geklappt. Versuchen Sie es noch einmal, oder fordern Sie einen neuen Link an.',
    scriptNeeded:
      'Diese Seite braucht JavaScript. Schalten Sie es ein, und öffnen Sie den Link noch einmal aus der Nachricht.',
  },
  pageBusy: 'Einen Moment …',
  pageLabels: { show: 'Anzeigen', hide: 'Verbergen', goOn: 'Weiter zu {product}' },
} satisfies PageWords
