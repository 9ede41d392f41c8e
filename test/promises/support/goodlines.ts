/** What KIWI logs, and what programs print into its log. */
export const KIWI_LINES: readonly string[] = [
  '[ INFO    ]: 12:00:01 | Loading XML description',
  '[ INFO    ]: 12:00:01 | Installing bootstrap packages',
  '[ INFO    ]: 12:00:01 | --> system data with filesystem overhead needs 1234 MB',
  '[ INFO    ]: Processing: [########    ] 40%',
  '[ ERROR   ]: 12:00:01 | KiwiBootStrapPhaseFailed: Bootstrap package installation failed: E: Unable to locate package x',
  '[ ERROR   ]: 12:00:01 | Unexpected error:',
  'Traceback (most recent call last):',
  'kiwi.exceptions.KiwiCommandError: mount: stderr: no space left on device, stdout: (no output on stdout)',
  'E: Sub-process /usr/bin/dpkg returned an error code (1)',
  'Usage: kiwi-ng -h | --help',
  '[ DEBUG   ]: 12:00:01 | /tmp/x.xml:12:0:ERROR:RELAXNGV:RELAXNG_ERR_ELEMWRONG: Did not expect element typ there',
  'Schematron validation failed:',
  '--> rule',
  '\u001b[1;31m[ ERROR   ]: x\u001b[0m',
]

/** What skopeo prints when it fails, of versions from 1.9 to 1.22. */
export const SKOPEO_LINES: readonly string[] = [
  'time="2026-01-02T03:04:05Z" level=fatal msg="initializing source docker://127.0.0.1/x: reading manifest: denied: requested access to the resource is denied"',
  'level=fatal msg="writing blob: Patch \\"https://127.0.0.1/v2/\\": http: server gave HTTP response to HTTPS client"',
  'FATA[0000] copying system image from manifest list: writing manifest: uploading manifest: received unexpected HTTP status: 503 Service Unavailable',
  'level=error msg="x509: certificate signed by unknown authority"',
  'toomanyrequests: retry-after: 583.391µs, allowed: 44000/minute',
  'unauthorized: authentication required, try again in 12s',
  "invalid character '<' looking for beginning of value",
  'status code 429: retry after 1h2m3.5s',
]
