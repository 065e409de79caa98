import type { Language } from './language.ts'
import { dePages } from './pages/de.ts'

export const de = {
  direction: 'ltr',
  labels: {
    link: 'Oder öffnen Sie diesen Link im Browser:',
    time: 'Zeitpunkt',
    device: 'Gerät',
    address: 'IP-Adresse',
    country: 'Land',
    unknownDevice: 'Unbekanntes Gerät',
    erased: 'Gelöscht wurden',
    factor: 'Anmeldeverfahren',
    factorName: 'Bezeichnung',
    codesLeft: 'Verbleibende Wiederherstellungscodes',
  },
  factors: { totp: 'Authentifizierungs-App', passkey: 'Passkey' },
  erasable: {
    users: 'Konto',
    sessions: 'Sitzungen',
    passwords: 'Passwörter',
    devices: 'Bekannte Geräte',
    codes: 'Links und Codes aus E-Mails',
    outbox: 'E-Mails an Sie',
    refresh_tokens: 'Schlüssel von Apps',
    challenges: 'Begonnene Anmeldungen',
    totp_secrets: 'Authentifizierungs-Apps',
    passkeys: 'Passkeys',
    recovery_codes: 'Wiederherstellungscodes',
    other: 'Weitere Einträge',
  },
  messages: {
    verify_email: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse für {product}',
      heading: 'E-Mail-Adresse bestätigen',
      body: ['Mit dieser Adresse wurde ein Konto bei {product} angelegt.'],
      link: {
        lead: 'Bitte bestätigen Sie, dass sie Ihnen gehört.',
        button: 'E-Mail-Adresse bestätigen',
        expiry: 'Der Link ist {life} gültig und lässt sich einmal verwenden.',
      },
      notYou: 'Waren Sie das nicht? Dann können Sie das unbestätigte Konto mit Ihrer Adresse entfernen:',
      notMe: 'Das war ich nicht',
    },
    account_exists: {
      subject: 'Ihre Adresse ist bei {product} schon bekannt',
      heading: 'Ihre Adresse ist schon bekannt',
      body: [
        'Jemand wollte mit dieser Adresse ein Konto bei {product} anlegen. Zu ihr gehört ein Konto, oder bis vor wenigen Tagen gehörte eines zu ihr; deshalb wurde nichts geändert.',
        'Waren Sie das, dann melden Sie sich stattdessen an. Wissen Sie Ihr Passwort nicht mehr, wählen Sie dort „Passwort vergessen“.',
        'Hat Ihr Konto inzwischen eine andere Adresse, melden Sie sich mit dieser an. Wurde sie ohne Sie geändert, verwenden Sie den Link, den wir bei der Änderung hierher geschickt haben.',
      ],
      notYou: 'Waren Sie das nicht, ignorieren Sie diese Nachricht. Es ändert sich nichts.',
    },
    no_account: {
      subject: 'Kein Konto bei {product} zu dieser Adresse',
      heading: 'Kein Konto zu dieser Adresse',
      body: [
        'Jemand hat bei {product} mit dieser Adresse ein neues Passwort angefordert. Zu ihr gibt es aber kein Konto.',
        'Waren Sie das, haben Sie sich vielleicht mit einer anderen Adresse registriert. Versuchen Sie es mit dieser, oder legen Sie ein Konto an.',
      ],
      notYou: 'Waren Sie das nicht, müssen Sie nichts tun.',
    },
    reset_password: {
      subject: 'Passwort für {product} zurücksetzen',
      heading: 'Passwort zurücksetzen',
      body: ['Für Ihr Konto bei {product} wurde ein neues Passwort angefordert.'],
      link: {
        lead: 'Waren Sie das, dann wählen Sie ein neues Passwort. Danach sind Sie auf allen Geräten abgemeldet.',
        button: 'Neues Passwort wählen',
        expiry: 'Der Link ist {life} gültig und lässt sich einmal verwenden.',
      },
      notYou: 'Waren Sie das nicht, ignorieren Sie diese Nachricht. Ihr Passwort bleibt, wie es ist.',
    },
    change_email: {
      subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse für {product}',
      heading: 'Neue Adresse bestätigen',
      body: ['Jemand möchte diese Adresse für sein Konto bei {product} verwenden.'],
      link: {
        lead: 'Sind Sie das, dann bestätigen Sie die Änderung. Bis dahin gilt Ihre bisherige Adresse.',
        button: 'Neue Adresse bestätigen',
        expiry:
          'Der Link ist {life} gültig und lässt sich einmal verwenden, solange Sie dort angemeldet bleiben, wo Sie ihn angefordert haben.',
      },
      notYou: 'Waren Sie das nicht, ignorieren Sie diese Nachricht. Es ändert sich nichts.',
    },
    address_taken: {
      subject: 'Ihre Adresse ist bei {product} schon vergeben',
      heading: 'Diese Adresse ist schon vergeben',
      body: [
        'Jemand wollte diese Adresse für sein Konto bei {product} verwenden. Zu ihr gehört ein Konto, oder bis vor wenigen Tagen gehörte eines zu ihr; deshalb wurde nichts geändert.',
        'Waren Sie das, dann wählen Sie für jenes Konto eine andere Adresse, oder melden Sie sich bei dem an, das diese hat.',
        'Hatte Ihr Konto diese Adresse bis vor Kurzem, bringt sie nur der Link zurück, den wir bei der Änderung hierher geschickt haben.',
      ],
      notYou: 'Waren Sie das nicht, ignorieren Sie diese Nachricht. Es ändert sich nichts.',
    },
    email_changed: {
      subject: 'Ihre E-Mail-Adresse für {product} wurde geändert',
      heading: 'Ihre E-Mail-Adresse wurde geändert',
      body: [
        'Das Konto bei {product} mit dieser Adresse verwendet jetzt eine andere. Mit dieser können Sie sich nicht mehr anmelden.',
      ],
      link: {
        lead: 'Waren Sie das nicht, machen Sie die Änderung rückgängig. Ihr Konto erhält diese Adresse zurück. Sein Passwort, alle Sitzungen und alle seither hinzugekommenen Anmeldeverfahren werden entfernt: Wählen Sie danach „Passwort vergessen“.',
        button: 'Änderung rückgängig machen',
        expiry: 'Der Link ist {life} gültig und lässt sich einmal verwenden.',
      },
      notYou:
        'Haben Sie die Adresse selbst geändert, müssen Sie nichts tun. Andernfalls wenden Sie sich an {product}, wenn Sie Hilfe brauchen.',
    },
    sign_in_link: {
      subject: 'Anmelden bei {product}',
      heading: 'Anmelden bei {product}',
      body: [],
      link: {
        lead: 'Hier ist der Link, den Sie angefordert haben.',
        button: 'Anmelden',
        expiry:
          'Der Link ist {life} gültig und lässt sich einmal verwenden. Bitte leiten Sie diese Nachricht nicht weiter.',
      },
      notYou: 'Waren Sie das nicht, ignorieren Sie diese Nachricht. Ohne sie kann sich niemand anmelden.',
    },
    sign_in_code: {
      subject: 'Ihr Code für die Anmeldung bei {product}',
      heading: 'Anmelden bei {product}',
      body: ['Geben Sie diesen Code dort ein, wo Sie ihn angefordert haben.'],
      code: {
        expiry:
          'Der Code ist {life} gültig und lässt sich einmal verwenden. Nennen Sie ihn niemandem, auch nicht, wenn sich jemand als {product} ausgibt.',
      },
      notYou: 'Waren Sie das nicht, ignorieren Sie diese Nachricht. Ohne den Code kann sich niemand anmelden.',
    },
    confirm_code: {
      subject: 'Anmeldung bei {product} abschließen',
      heading: 'Anmeldung abschließen',
      body: [
        'Ihr Passwort stimmt. Geben Sie diesen Code ein, um Ihre E-Mail-Adresse zu bestätigen und die Anmeldung bei {product} abzuschließen.',
      ],
      code: {
        expiry:
          'Der Code ist {life} gültig und lässt sich einmal verwenden. Nennen Sie ihn niemandem, auch nicht, wenn sich jemand als {product} ausgibt.',
      },
      notYou:
        'Waren Sie das nicht, geben Sie den Code nicht weiter. Gehört das Konto Ihnen, wählen Sie ein neues Passwort.',
    },
    account_claimed: {
      subject: 'Ihre Adresse ist bei {product} bestätigt',
      heading: 'Ihre Adresse ist bestätigt',
      body: [
        'Sie haben nachgewiesen, dass diese Adresse Ihnen gehört. Ihr Konto bei {product} war schon vorher und ohne diesen Nachweis angelegt worden.',
        'Weil das jemand anderes gewesen sein kann, wurden alle früheren Passwörter, Sitzungen und Anmeldeverfahren entfernt, ebenso Name, Benutzername und Sprache. Von nun an gehört das Konto Ihnen allein.',
      ],
      notYou: 'Waren Sie das nicht, kann jemand Ihre E-Mails lesen. Ändern Sie zuerst das Passwort Ihres Postfachs.',
    },
    new_device: {
      subject: 'Neue Anmeldung bei {product}',
      heading: 'Neue Anmeldung',
      body: ['Bei Ihrem Konto bei {product} hat sich ein Gerät angemeldet, das wir noch nicht kannten.'],
      notYou:
        'Waren Sie das, müssen Sie nichts tun. Andernfalls wählen Sie ein neues Passwort für {product}: Damit werden alle Geräte abgemeldet.',
    },
    password_changed: {
      subject: 'Ihr Passwort für {product} wurde geändert',
      heading: 'Ihr Passwort wurde geändert',
      body: ['Das Passwort Ihres Kontos bei {product} wurde geändert. Alle anderen Geräte wurden abgemeldet.'],
      notYou:
        'Waren Sie das nicht, wählen Sie bei der Anmeldung „Passwort vergessen“ und legen Sie mit dieser Adresse ein neues Passwort fest.',
    },
    token_reused: {
      subject: 'Wir haben eine Sitzung bei {product} beendet',
      heading: 'Wir haben eine Sitzung beendet',
      body: [
        'Ein Schlüssel, mit dem eine App bei Ihrem Konto bei {product} angemeldet bleibt, wurde ein zweites Mal verwendet. Er könnte kopiert worden sein, deshalb haben wir diese Sitzung beendet. Ihre anderen Sitzungen bleiben bestehen.',
      ],
      notYou:
        'Melden Sie sich dort, wo Sie abgemeldet wurden, wieder an. Erkennen Sie dieses Gerät nicht, wählen Sie außerdem ein neues Passwort.',
    },
    factor_added: {
      subject: 'Neues Anmeldeverfahren bei {product}',
      heading: 'Neues Anmeldeverfahren',
      body: [
        'Zu Ihrem Konto bei {product} ist ein Anmeldeverfahren hinzugekommen. Alle anderen Geräte wurden abgemeldet.',
      ],
      notYou:
        'Waren Sie das, müssen Sie nichts tun. Andernfalls melden Sie sich an, entfernen Sie dieses Verfahren, und wählen Sie ein neues Passwort: Damit werden alle anderen Geräte abgemeldet. Können Sie sich nicht mehr anmelden, wenden Sie sich an {product}.',
    },
    factor_removed: {
      subject: 'Anmeldeverfahren bei {product} entfernt',
      heading: 'Anmeldeverfahren entfernt',
      body: [
        'Bei Ihrem Konto bei {product} wurde ein Anmeldeverfahren entfernt. Alle anderen Geräte wurden abgemeldet.',
      ],
      notYou:
        'Waren Sie das nicht, wählen Sie bei der Anmeldung „Passwort vergessen“ und legen Sie mit dieser Adresse ein neues Passwort fest. Prüfen Sie danach Ihre Anmeldeverfahren.',
    },
    recovery_code_used: {
      subject: 'Wiederherstellungscode bei {product} verwendet',
      heading: 'Wiederherstellungscode verwendet',
      body: [
        'Mit einem Ihrer Wiederherstellungscodes wurde bei Ihrem Konto bei {product} eine Anmeldung abgeschlossen. Dieser Code ist damit verbraucht.',
        'Erzeugen Sie neue, bevor der letzte verbraucht ist.',
      ],
      notYou:
        'Waren Sie das nicht, hat jemand Ihre Wiederherstellungscodes und noch einen Zugang zu Ihrem Konto. Wählen Sie ein neues Passwort, das alle anderen Geräte abmeldet, und erzeugen Sie dann neue Wiederherstellungscodes: Sie ersetzen diese. Können Sie sich nicht mehr anmelden, wenden Sie sich an {product}.',
    },
    recovery_codes_made: {
      subject: 'Neue Wiederherstellungscodes bei {product}',
      heading: 'Neue Wiederherstellungscodes',
      body: [
        'Für Ihr Konto bei {product} wurden neue Wiederherstellungscodes erzeugt. Ältere gelten nicht mehr.',
        'Bewahren Sie sie dort auf, wo nur Sie an sie herankommen.',
      ],
      notYou:
        'Waren Sie das nicht, wählen Sie ein neues Passwort, das alle anderen Geräte abmeldet, und erzeugen Sie dann eigene Wiederherstellungscodes: Sie ersetzen diese. Können Sie sich nicht mehr anmelden, wenden Sie sich an {product}.',
    },
    deletion_scheduled: {
      subject: 'Ihr Konto bei {product} wird gelöscht',
      heading: 'Ihr Konto wird gelöscht',
      body: [
        'Ihr Konto bei {product} wird mit allen Daten am {erasesAt} endgültig gelöscht.',
        'Möchten Sie es behalten, melden Sie sich vorher an.',
      ],
      notYou: 'Waren Sie das nicht, melden Sie sich an, um Ihr Konto zu behalten, und wählen Sie ein neues Passwort.',
    },
    account_deleted: {
      subject: 'Ihr Konto bei {product} wurde gelöscht',
      heading: 'Ihr Konto wurde gelöscht',
      body: [
        'Ihr Konto bei {product} wurde endgültig gelöscht und lässt sich nicht wiederherstellen. Dies ist Ihr Beleg.',
      ],
      notYou:
        'Waren Sie das nicht, wenden Sie sich an {product}. Mit dieser Adresse lässt sich wieder ein neues Konto anlegen.',
    },
  },
  ...dePages,
} satisfies Language
