import { type Login, type Logins, noLogins } from './credentials.ts'

/** The forms in which a program, or a registry that repeats what it got, prints a secret. */
export function secretForms(...secrets: readonly string[]): readonly string[] {
  const forms = secrets.flatMap((secret) => {
    const text = secret.toWellFormed()
    return [
      text,
      ...text.split(/[\r\n]+/),
      JSON.stringify(text).slice(1, -1),
      encodeURIComponent(text),
      new URLSearchParams([['', text]]).toString().slice(1),
      Buffer.from(text).toString('base64'),
      Buffer.from(text).toString('base64url'),
    ]
  })
  return [...new Set(forms.filter((form) => form.trim() !== ''))]
}

/** Those of a login; `username:password` is what HTTP sends (RFC 7617). */
export function loginForms({ username, password }: Omit<Login, 'registry'>): readonly string[] {
  return password === '' ? [] : secretForms(password, `${username}:${password}`)
}

/** Those of all logins in a file. */
export function fileForms(logins: Logins = noLogins): readonly string[] {
  return Object.values(logins.auths).flatMap(({ auth = '', identitytoken = '' }) => {
    const [, username = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? []
    return [...loginForms({ username, password }), ...(identitytoken === '' ? [] : secretForms(identitytoken))]
  })
}

/** Those of what stands before the host of an address: `http://user:password@host/`, also without `http://`. */
export function addressForms(address: string): readonly string[] {
  const [, userinfo, password] = /(?:^|:\/\/)([^/\s@:]*:([^/\s@]+))@/.exec(address) ?? []
  if (userinfo === undefined || password === undefined) return []
  return secretForms(userinfo, decoded(userinfo), password, decoded(password))
}

/** As programs decode it that let a stray % stand for itself, as Python's urllib does. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'))
}

/** What an HTTP header says of a login or token, where a server repeats it. */
const AUTHORIZATION = /\b(Basic|Bearer) +(?=[\w+/.~-]*[\d=])[\w+/=.~-]{8,}/gi

/** A text without any of these forms. */
export function hideSecrets(text: string, forms: readonly string[]): string {
  const longestFirst = [...forms].sort((one, other) => other.length - one.length)
  const hidden = longestFirst.reduce((left, form) => left.replaceAll(form, '***'), text)
  return hidden.replaceAll(AUTHORIZATION, '$1 ***')
}
