import { randomUUID } from "node:crypto";
import { access, lstat, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { spawn } from "node:child_process";
import { constants, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import * as os from "os";
import http from "node:http";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { machine, tmpdir, userInfo } from "node:os";
// src/errorcode.ts
/**
* The names of everything that can go wrong, and the exit code that each stands for: 2 where an input or the description
* has to be changed, 1 where the machine, the network or somebody's service has to. What each means and what helps stands
* in docs/errors.md, with the test that brings it about; a test compares this list with that one.
*/
const errorCodes = {
	input: 2,
	description: 2,
	"host-root": 1,
	"host-tools": 1,
	"host-packages": 1,
	"host-kiwi": 1,
	"host-python": 1,
	"host-kernel": 1,
	"host-namespace": 1,
	"host-devices": 1,
	"host-space": 1,
	"host-folder": 1,
	"host-disk": 1,
	"host-mirror": 1,
	"host-mirror-table": 1,
	"host-docker": 1,
	"host-storage": 1,
	"host-destination": 2,
	"host-logins": 1,
	"host-metadata": 1,
	"host-leftovers": 1,
	"host-handover": 1,
	"command-missing": 1,
	"command-exit": 1,
	"command-signal": 1,
	"command-timeout": 1,
	"command-idle": 1,
	"command-canceled": 1,
	"registry-helper": 1,
	"registry-space": 1,
	"registry-policy": 1,
	"registry-plain-http": 2,
	"registry-certificate": 1,
	"registry-host": 2,
	"registry-refused": 1,
	"registry-silent": 1,
	"registry-rate": 1,
	"registry-login": 1,
	"registry-realm": 1,
	"registry-hidden": 2,
	"registry-denied": 1,
	"registry-missing": 2,
	"registry-size": 1,
	"registry-several": 2,
	"registry-unnamed": 2,
	"registry-no-registry": 1,
	"registry-zstd": 2,
	"registry-namespace": 1,
	"registry-trouble": 1,
	"registry-broken": 1,
	"registry-still": 1,
	"registry-other": 1,
	"registry-damaged": 1,
	"registry-read-back": 1,
	"registry-platform": 2,
	"registry-unfit": 2,
	"registry-archive": 2,
	"registry-engine": 1,
	"image-document": 2,
	"image-invalid": 2,
	"image-layer": 2,
	"image-damaged": 1,
	"kiwi-failed": 1,
	"kiwi-size": 2,
	"kiwi-no-disk": 2,
	"kiwi-result": 1,
	"kiwi-initrd": 2,
	"filesystem-space": 1,
	"filesystem-read-only": 1,
	"filesystem-denied": 1,
	"filesystem-name": 1,
	"filesystem-open-files": 1,
	"filesystem-input-output": 1,
	"filesystem-folder": 1,
	canceled: 1,
	bug: 1
};
// src/filesystemfault.ts
const SPACE = {
	code: "filesystem-space",
	message: "no space is left: free some, or set work-dir to a folder on a larger file system"
};
const DENIED = {
	code: "filesystem-denied",
	message: "the right to it is missing: give it, or name another folder with work-dir"
};
const NO_FOLDER = {
	code: "filesystem-folder",
	message: "no folder can be made there: name another place"
};
const OPEN_FILES = {
	code: "filesystem-open-files",
	message: "too many files are open: raise the limit (ulimit -n)"
};
/** By what errno(3) calls it. */
const FAULTS = {
	ENOSPC: SPACE,
	EDQUOT: SPACE,
	EROFS: {
		code: "filesystem-read-only",
		message: "the file system is read-only: set work-dir to a folder that can be written"
	},
	EACCES: DENIED,
	EPERM: DENIED,
	ENAMETOOLONG: {
		code: "filesystem-name",
		message: "the name is too long for the file system: use a shorter one"
	},
	EMFILE: OPEN_FILES,
	ENFILE: OPEN_FILES,
	EIO: {
		code: "filesystem-input-output",
		message: "the disk or share below it fails: see what the kernel says of it (dmesg), and use another"
	}
};
/** @returns undefined where the error is none of a file, or one that we should have kept from coming up */
function filesystemFault(error) {
	const { code = "", path, syscall } = error;
	const fault = syscall === "mkdir" && code === "ENOENT" ? NO_FOLDER : FAULTS[code];
	if (fault === void 0) return void 0;
	if (path === void 0) return fault === DENIED ? void 0 : fault;
	return {
		code: fault.code,
		message: `${path}: ${fault.message}`
	};
}
// src/plainline.ts
/**
* A text that may quote somebody else's words as one line that moves no cursor: without colours, ends of lines and control
* characters, and without the marks that turn the direction of what follows (Unicode TR9), which show another text than
* there is. NEL is among them, which .NET and with it the runner takes for a blank.
*/
function plainLine(text) {
	return stripVTControlCharacters(text).replaceAll(/[\r\n]+/g, " ").replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, " ");
}
// src/errors.ts
/**
* The error taxonomy. The message of each is one line: what failed, why, what to do. `detail` holds what belongs
* into a folded group under it, `code` its name in docs/errors.md. Whatever else is thrown is our bug, and `describeError` says so.
*/
var KnownError = class extends Error {
	/** Lines for a folded group below the message, none by default. */
	detail = [];
};
/** Its message has a line for each of its problems. */
var ProblemsError = class extends KnownError {
	problems;
	constructor(problems) {
		super(problems.map(({ where, text }) => plainLine(`${where}: ${text}`)).join("\n"));
		this.problems = problems;
	}
};
/** The machine lacks something: a tool, a right, space. */
var HostError = class extends KnownError {
	name = "HostError";
	code;
	/** @param lack what is missing, @param remedy how to get it */
	constructor(code, lack, remedy) {
		super(`${lack}: ${remedy}`);
		this.code = code;
	}
};
/** Several things that the machine lacks, found in one look: a line each. */
var HostErrors = class extends KnownError {
	name = "HostErrors";
	code;
	lacks;
	constructor(first, ...others) {
		const lacks = [first, ...others];
		super(lacks.map((lack) => lack.message).join("\n"));
		this.code = first.code;
		this.lacks = lacks;
	}
};
/** A program failed. */
var CommandError = class extends KnownError {
	name = "CommandError";
	code;
	program;
	args;
	outcome;
	/** The last lines it printed, newest last; at most 40. */
	lastLines;
	detail;
	constructor(program, args, outcome, lastLines) {
		super(commandMessage(knownAs(program, args), outcome, lastLines));
		this.code = `command-${outcome.kind}`;
		this.program = program;
		this.args = args;
		this.outcome = outcome;
		this.lastLines = lastLines;
		this.detail = outcome.kind === "canceled" ? [] : [[program, ...args].join(" "), ...lastLines];
	}
};
/** Whether the program was ended by what ends all of a job: then it says nothing of the machine. */
function wasAskedToEnd({ outcome }) {
	return outcome.kind === "canceled" || outcome.kind === "signal" && /^SIG(?:INT|TERM|HUP)$/.test(outcome.signal);
}
/** What the user knows it as: the program behind sudo and env. */
function knownAs(program, args) {
	return [program, ...args].find((word) => !/^(sudo|env|-.*|\w+=.*)$/.test(word)) ?? program;
}
function commandMessage(program, outcome, lastLines) {
	const last = lastLines.findLast((line) => line.trim() !== "");
	const because = last === void 0 ? "" : `: ${last.trim()}`;
	switch (outcome.kind) {
		case "exit": return `${program} failed with exit code ${outcome.code}${because}`;
		case "signal": return `${program} was ended by ${outcome.signal}${because}`;
		case "timeout": return `${program} gave no result within ${outcome.seconds} s and was ended${because}`;
		case "idle": return `${program} neither read nor wrote anything for ${outcome.seconds} s and was ended${because}`;
		case "canceled": return `${program} was ended because the job was canceled`;
		case "missing": return `${program} is not installed or not on the PATH: install it, or let kiwi-oci do so with install-tools`;
	}
}
/** Shows any thrown value. */
function describeError(thrown) {
	const { code, message, detail = [] } = told(thrown);
	return {
		code,
		message,
		detail,
		exitCode: errorCodes[code]
	};
}
function told(thrown) {
	if (thrown instanceof KnownError) return thrown;
	const error = thrown instanceof Error ? thrown : new Error(String(thrown));
	const filesystem = filesystemFault(error);
	if (filesystem !== void 0) return filesystem;
	if (error.name === "AbortError") return {
		code: "canceled",
		message: "the job was canceled"
	};
	return {
		code: "bug",
		message: `${error.message} (a bug in kiwi-oci: please report it with the lines below)`,
		detail: (error.stack ?? "").split("\n")
	};
}
// src/idleness.ts
const LOOKS = 4;
const IDLE_BYTES = 4096;
/**
* Looks at a program until it reads and writes less than 4 KiB, of files, pipes and sockets together, in so many seconds.
*
* @returns to be called when it has ended
*/
function watchIdle(pid, seconds, onIdle) {
	if (pid === void 0 || seconds === void 0) return () => {};
	const seen = [0];
	const timer = setInterval(() => {
		const moved = movedBytes(pid);
		if (moved === void 0) return;
		seen.push(moved);
		if (seen.length <= LOOKS) return;
		if (moved - (seen.shift() ?? 0) >= IDLE_BYTES) return;
		clearInterval(timer);
		onIdle();
	}, seconds * 1e3 / LOOKS);
	return () => clearInterval(timer);
}
/** What a process has read and written so far; proc_pid_io(5). Undefined where we may not know it, or it has ended. */
function movedBytes(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/io`, "utf8");
		return Number(/^rchar: (\d+)$/m.exec(text)?.[1]) + Number(/^wchar: (\d+)$/m.exec(text)?.[1]);
	} catch {
		return;
	}
}
// src/command.ts
const KEPT_LINES = 40;
/** After SIGTERM a program has this long before it is killed. */
const GRACE_MILLISECONDS = 5e3;
/** After the end of a program that was to end, what it has printed is read for so long. */
const LAST_WORDS_MILLISECONDS = 500;
/**
* Runs a program from an argument list, never through a shell.
*
* @throws CommandError when it cannot be started, exits with a code not in `accept`, is ended by a signal, runs into
*   its time limit, stands still or is canceled. A non-zero exit is always an error. HostError where `cwd` is no folder; what `onLine`
*   throws, when the program has ended of it.
*/
async function runCommand(program, args, options = {}) {
	const fail = (outcome, lines) => new CommandError(program, args, outcome, lines);
	if (options.cwd !== void 0) await requireFolder(options.cwd);
	if (options.signal?.aborted) throw fail({ kind: "canceled" }, []);
	const child = spawn(program, args, {
		cwd: options.cwd,
		env: markedEnvironment(options),
		stdio: [
			"pipe",
			"pipe",
			"pipe"
		],
		detached: options.apart ?? false
	});
	const lastLines = [];
	const chunks = [];
	const errors = [];
	const keep = (line) => {
		lastLines.push(line);
		if (lastLines.length > KEPT_LINES) lastLines.shift();
		options.onLine?.(line);
	};
	const readers = [options.onLine ? eachLine(child.stdout, keep) : collect(child.stdout, chunks), eachLine(child.stderr, (line) => {
		if (!options.onLine) errors.push(line);
		keep(line);
	})];
	feed(child.stdin, options);
	const ended = endOf(child);
	const stopper = stopWhenAsked(child, options);
	child.once("exit", () => {
		if (stopper.reason === void 0) return;
		setTimeout(() => {
			for (const stream of [child.stdout, child.stderr]) stream.destroy();
		}, LAST_WORDS_MILLISECONDS);
	});
	try {
		const [end] = await Promise.all([ended, ...readers]).catch(async (error) => {
			if (child.pid === void 0) throw isMissing(error) ? fail({ kind: "missing" }, []) : error;
			if (stopper.reason !== void 0) throw fail(stopper.reason, lastLines);
			stopper.stop({ kind: "canceled" });
			for (const stream of [child.stdout, child.stderr]) stream.destroy();
			throw await ended.then(() => error);
		});
		const lines = lastLines.length > 0 ? lastLines : tail(chunks);
		const failure = stopper.reason ?? failureOf(end, options.accept);
		if (failure !== void 0) throw fail(failure, lines);
		return {
			exitCode: end.code ?? 0,
			stdout: Buffer.concat(chunks),
			stderr: errors.join("\n")
		};
	} finally {
		stopper.release();
	}
}
function feed(stdin, { input, onInput, stopByEndOfInput }) {
	stdin.on("error", () => {});
	if (input !== void 0) stdin.write(input);
	onInput?.(stdin);
	if (!stopByEndOfInput && onInput === void 0) stdin.end();
}
function failureOf({ code, signal }, accept = [0]) {
	if (code === null) return {
		kind: "signal",
		signal: signal ?? "an unknown signal"
	};
	return accept.includes(code) ? void 0 : {
		kind: "exit",
		code
	};
}
function endOf(child) {
	return new Promise((resolve, reject) => {
		child.on("error", (error) => child.pid === void 0 && reject(error));
		child.once("close", (code, signal) => resolve({
			code,
			signal
		}));
	});
}
/** Node tells a missing one as a missing program. */
async function requireFolder(folder) {
	await access(`${folder}/.`, constants.X_OK).catch(({ code }) => {
		throw new HostError("host-folder", `${folder} is no folder to work in (${code})`, "it was removed or closed meanwhile: run the job again");
	});
}
function stopWhenAsked(child, options) {
	const state = {
		stop: (reason) => stop(reason),
		release: () => {}
	};
	const timers = [];
	const stop = (reason) => {
		state.reason ??= reason;
		if (options.stopByEndOfInput) child.stdin?.end();
		else sendSignal(child, options.stopSignal ?? "SIGTERM");
		const grace = options.graceSeconds === void 0 ? GRACE_MILLISECONDS : options.graceSeconds * 1e3;
		timers.push(setTimeout(() => sendSignal(child, "SIGKILL"), grace));
	};
	const onAbort = () => stop({ kind: "canceled" });
	options.signal?.addEventListener("abort", onAbort, { once: true });
	const { timeoutSeconds } = options;
	if (timeoutSeconds !== void 0) timers.push(setTimeout(() => stop({
		kind: "timeout",
		seconds: timeoutSeconds
	}), timeoutSeconds * 1e3));
	const { idleSeconds = 0 } = options;
	const forget = watchIdle(child.pid, options.idleSeconds, () => stop({
		kind: "idle",
		seconds: idleSeconds
	}));
	state.release = () => {
		forget();
		options.signal?.removeEventListener("abort", onAbort);
		for (const timer of timers) clearTimeout(timer);
	};
	return state;
}
/** A program that sudo started for us is root's: we may not signal it (kill(2)), sudo may, and it passes the signal on. */
function sendSignal(child, signal) {
	if (child.pid === void 0 || child.exitCode !== null || child.signalCode !== null) return;
	try {
		process.kill(child.pid, signal);
	} catch (error) {
		if (!isErrno(error) || error.code !== "EPERM") return;
		spawn("sudo", [
			"-n",
			"kill",
			"-s",
			signal.slice(3),
			String(child.pid)
		], { stdio: "ignore" }).on("error", () => {});
	}
}
const RUNNER_VARIABLES = /^(INPUT_|STATE_|ACTIONS_|KIWI_OCI_)|^(GITHUB_TOKEN|NODE_OPTIONS)$/;
/** What the actions' runner hands to its steps, tokens among it: no program that we start needs any of it. */
function isRunnerVariable(name) {
	return RUNNER_VARIABLES.test(name);
}
`${randomUUID()}`;
function markedEnvironment({ env, signal, stopSignal, stopByEndOfInput, apart }) {
	return env ?? inheritedEnvironment();
}
function inheritedEnvironment() {
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isRunnerVariable(name)));
}
async function eachLine(stream, onLine) {
	for await (const line of createInterface({
		input: stream,
		crlfDelay: Number.POSITIVE_INFINITY
	})) onLine(line);
}
async function collect(stream, into) {
	for await (const chunk of stream) into.push(chunk);
}
function tail(chunks) {
	return Buffer.concat(chunks).toString("utf8").trimEnd().split("\n").slice(-40);
}
function isErrno(error) {
	return error instanceof Error && "code" in error;
}
function isMissing(error) {
	return isErrno(error) && ["ENOENT", "EACCES"].includes(error.code ?? "");
}
// src/host/privileges.ts
/** Finds out by the user id, then by whether sudo works without a password. */
async function findPrivileges(uid = process.getuid?.()) {
	if (uid === 0) return { kind: "root" };
	try {
		await runCommand("sudo", ["-n", "true"], { timeoutSeconds: 20 });
		return { kind: "sudo" };
	} catch (error) {
		if (error instanceof CommandError && !wasAskedToEnd(error)) return { kind: "none" };
		throw error;
	}
}
/**
* The command line that runs a program as root.
*
* @throws HostError where there is no way to become root
*/
function asRoot(privileges, program, args) {
	switch (privileges.kind) {
		case "root": return {
			program,
			args
		};
		case "sudo": return {
			program: "sudo",
			args: [
				"-n",
				"--",
				program,
				...args
			]
		};
		case "none": throw new HostError("host-root", "building needs root", "run as root or with password-less sudo");
	}
}
// src/oci/store/folder.ts
/** Whether something is there: behind links, and as far as we may look. */
async function isThere(path) {
	return await stat(path).catch(() => void 0) !== void 0;
}
`${randomUUID()}`;
// src/job/workfolder.ts
/** Only a folder that holds this file is ever released and removed as root. It says whom the folder belongs to. */
const MARKER = ".kiwi-oci";
/** One lock for the whole machine, containers that share its devices among it. */
const LOOP_CONTROL = "/dev/loop-control";
const TRIES = 5;
/**
* Removes a folder of a job in which no KIWI worked. The marker goes last, so that whoever is killed here leaves what a sweep
* still knows.
*
* @throws errors of the file system; a folder that is not there is none
*/
async function removeMarked(folder) {
	const names = await readdir(folder).catch(() => []);
	for (const name of names.filter((each) => each !== MARKER)) await rm(join(folder, name), {
		recursive: true,
		force: true
	});
	await rm(folder, {
		recursive: true,
		force: true
	});
}
/** Removes folders of a job. The job's result stands: what cannot be removed is told as a warning. */
async function removeFolders(folders, supervisor, report) {
	for (const folder of folders) try {
		await removeFolder(folder, supervisor);
	} catch (error) {
		report.warning(`${folder} could not be removed: ${describeError(error).message}`);
	}
}
/** Whoever is impatient sends a second signal to all of a canceled job, which is not to end what cleans up after the first. */
async function privilegesAtLast() {
	for (let tries = 1;; tries += 1) try {
		return await findPrivileges();
	} catch (error) {
		if (!(error instanceof CommandError && wasAskedToEnd(error)) || tries === TRIES) throw error;
	}
}
/**
* Removes a folder of ours with everything that a build may have left in it: mounts, loop devices, files of root. The
* supervisor does it, as root, wherever KIWI worked; one at a time on this machine, since a device that one has let go
* may be another build's when the next looks at it.
*/
async function removeFolder(folder, { nodePath, supervisorPath }) {
	const has = (name) => isThere(join(folder, name));
	if (!(await has(".kiwi-oci") && (await has("target") || await has("supervisor.run")))) {
		await removeMarked(folder);
		return;
	}
	const [first = nodePath, ...rest] = [
		...(await lstat(LOOP_CONTROL).catch(() => void 0))?.isCharacterDevice() ? [
			"flock",
			"--no-fork",
			LOOP_CONTROL
		] : [],
		nodePath,
		supervisorPath
	];
	const { program, args } = asRoot(await privilegesAtLast(), first, rest);
	const input = `${JSON.stringify({
		remove: folder,
		under: dirname(folder)
	})}\n`;
	for (let [apart, tries] = [true, 1];; tries += 1) try {
		await runCommand(program, args, {
			input,
			apart
		});
		return;
	} catch (error) {
		if (!(error instanceof CommandError) || tries === TRIES) throw error;
		const isOfSudo = error.lastLines.at(-1)?.startsWith("sudo: ") === true;
		if (!isOfSudo && error.outcome.kind !== "signal") throw error;
		apart = !isOfSudo;
	}
}
// node_modules/@actions/core/lib/utils.js
/**
* Sanitizes an input into a string so it can be passed into issueCommand safely
* @param input input to sanitize into a string
*/
function toCommandValue(input) {
	if (input === null || input === void 0) return "";
	else if (typeof input === "string" || input instanceof String) return input;
	return JSON.stringify(input);
}
/**
*
* @param annotationProperties
* @returns The command properties to send with the actual annotation command
* See IssueCommandProperties: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs#L646
*/
function toCommandProperties(annotationProperties) {
	if (!Object.keys(annotationProperties).length) return {};
	return {
		title: annotationProperties.title,
		file: annotationProperties.file,
		line: annotationProperties.startLine,
		endLine: annotationProperties.endLine,
		col: annotationProperties.startColumn,
		endColumn: annotationProperties.endColumn
	};
}
// node_modules/@actions/core/lib/command.js
/**
* Issues a command to the GitHub Actions runner
*
* @param command - The command name to issue
* @param properties - Additional properties for the command (key-value pairs)
* @param message - The message to include with the command
* @remarks
* This function outputs a specially formatted string to stdout that the Actions
* runner interprets as a command. These commands can control workflow behavior,
* set outputs, create annotations, mask values, and more.
*
* Command Format:
*   ::name key=value,key=value::message
*
* @example
* ```typescript
* // Issue a warning annotation
* issueCommand('warning', {}, 'This is a warning message');
* // Output: ::warning::This is a warning message
*
* // Set an environment variable
* issueCommand('set-env', { name: 'MY_VAR' }, 'some value');
* // Output: ::set-env name=MY_VAR::some value
*
* // Add a secret mask
* issueCommand('add-mask', {}, 'secretValue123');
* // Output: ::add-mask::secretValue123
* ```
*
* @internal
* This is an internal utility function that powers the public API functions
* such as setSecret, warning, error, and exportVariable.
*/
function issueCommand(command, properties, message) {
	const cmd = new Command(command, properties, message);
	process.stdout.write(cmd.toString() + os.EOL);
}
function issue(name, message = "") {
	issueCommand(name, {}, message);
}
const CMD_STRING = "::";
var Command = class {
	constructor(command, properties, message) {
		if (!command) command = "missing.command";
		this.command = command;
		this.properties = properties;
		this.message = message;
	}
	toString() {
		let cmdStr = CMD_STRING + this.command;
		if (this.properties && Object.keys(this.properties).length > 0) {
			cmdStr += " ";
			let first = true;
			for (const key in this.properties) if (this.properties.hasOwnProperty(key)) {
				const val = this.properties[key];
				if (val) {
					if (first) first = false;
					else cmdStr += ",";
					cmdStr += `${key}=${escapeProperty(val)}`;
				}
			}
		}
		cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
		return cmdStr;
	}
};
function escapeData(s) {
	return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}
function escapeProperty(s) {
	return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/:/g, "%3A").replace(/,/g, "%2C");
}
/**
* The code to exit an action
*/
var ExitCode;
(function(ExitCode) {
	/**
	* A code indicating that the action was successful
	*/
	ExitCode[ExitCode["Success"] = 0] = "Success";
	/**
	* A code indicating that the action was a failure
	*/
	ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
/**
* Registers a secret which will get masked from logs
*
* @param secret - Value of the secret to be masked
* @remarks
* This function instructs the Actions runner to mask the specified value in any
* logs produced during the workflow run. Once registered, the secret value will
* be replaced with asterisks (***) whenever it appears in console output, logs,
* or error messages.
*
* This is useful for protecting sensitive information such as:
* - API keys
* - Access tokens
* - Authentication credentials
* - URL parameters containing signatures (SAS tokens)
*
* Note that masking only affects future logs; any previous appearances of the
* secret in logs before calling this function will remain unmasked.
*
* @example
* ```typescript
* // Register an API token as a secret
* const apiToken = "abc123xyz456";
* setSecret(apiToken);
*
* // Now any logs containing this value will show *** instead
* console.log(`Using token: ${apiToken}`); // Outputs: "Using token: ***"
* ```
*/
function setSecret(secret) {
	issueCommand("add-mask", {}, secret);
}
/**
* Adds an error issue
* @param message error issue message. Errors will be converted to string via toString()
* @param properties optional properties to add to the annotation.
*/
function error(message, properties = {}) {
	issueCommand("error", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
* Adds a warning issue
* @param message warning issue message. Errors will be converted to string via toString()
* @param properties optional properties to add to the annotation.
*/
function warning(message, properties = {}) {
	issueCommand("warning", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
* Writes info to log with console.log.
* @param message info message
*/
function info(message) {
	process.stdout.write(message + os.EOL);
}
/**
* Begin an output group.
*
* Output until the next `groupEnd` will be foldable in this group
*
* @param name The name of the output group
*/
function startGroup(name) {
	issue("group", name);
}
/**
* End an output group.
*/
function endGroup() {
	issue("endgroup");
}
/**
* Gets the value of an state set by this action's main execution.
*
* @param     name     name of the state to get
* @returns   string
*/
function getState(name) {
	return process.env[`STATE_${name}`] || "";
}
// src/spelling.ts
/**
* The known words nearest to a wrong one, for a message: those that it begins, then those a slip or two away; whatever
* the case.
*/
function similarWords(wrong, known) {
	const lower = wrong.toLowerCase();
	const begun = lower.length < 3 ? [] : known.filter((word) => word.startsWith(lower));
	const slips = lower.length < 5 ? 1 : 2;
	const near = known.filter((word) => editDistance(lower, word) <= slips);
	return [.../* @__PURE__ */ new Set([...begun, ...near])];
}
/** How many letters have to be added, removed or changed (Levenshtein). */
function editDistance(a, b) {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (const [i, letter] of [...a].entries()) {
		const next = [i + 1];
		for (const [j, other] of [...b].entries()) {
			const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
			next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
		}
		row = next;
	}
	return row.at(-1) ?? 0;
}
// src/inputs/raw.ts
/**
* Inputs as they were written: from a workflow one text for each, from a command line one for each time a flag stands
* there. Names and kinds are the contract that `action.yml` and `--help` show.
*/
const DEFINITIONS = {
	description: {
		kind: "text",
		value: "PATH",
		help: "folder or file of a KIWI description"
	},
	disk: {
		kind: "text",
		value: "FILE",
		help: "an existing disk file: wrap it, build nothing"
	},
	profiles: {
		kind: "list",
		value: "NAME",
		help: "KIWI's profiles"
	},
	type: {
		kind: "text",
		value: "NAME",
		help: "KIWI's build type, where the description has several"
	},
	"kiwi-global-arguments": {
		kind: "list",
		value: "ARG",
		help: "arguments for kiwi-ng before system build"
	},
	"kiwi-arguments": {
		kind: "list",
		value: "ARG",
		help: "arguments for kiwi-ng after system build"
	},
	repositories: {
		kind: "list",
		value: "'URI [DIST [COMPONENT…]]'",
		help: "what obsrepositories:/ stands for; default: those of this machine"
	},
	kind: {
		kind: "list",
		value: "container|kubevirt|podman-machine|artifact|podman-machine-4",
		help: "who the disk is for; default: container"
	},
	disktype: {
		kind: "list",
		value: "qemu|applehv|hyperv",
		help: "machines of podman-machine; default: qemu"
	},
	instancetype: {
		kind: "text",
		value: "NAME",
		help: "of kubevirt: the instance type, like u1.small"
	},
	preference: {
		kind: "text",
		value: "NAME",
		help: "of kubevirt: the preference, like fedora"
	},
	format: {
		kind: "text",
		value: "qcow2|raw|vmdk|vdi|vhd|vhdx|vhd-fixed|gce|ova",
		help: "disk format in the image; default: the description's, else the kind's"
	},
	"disk-path": {
		kind: "text",
		value: "PATH",
		help: "path of the disk in the image; default: /disk/NAME"
	},
	"base-image": {
		kind: "text",
		value: "REF",
		help: "the reference container; default: derived_from, else scratch"
	},
	containerconfig: {
		kind: "yaml",
		value: "YAML",
		help: "as text: name, tag, author, entrypoint, cmd, env, labels, user, workdir, …"
	},
	labels: {
		kind: "list",
		value: "KEY=VALUE",
		help: "labels of the image"
	},
	annotations: {
		kind: "list",
		value: "[LEVEL:]KEY=VALUE",
		help: "manifest (default), index, manifest-descriptor or index-descriptor"
	},
	platform: {
		kind: "text",
		value: "OS/ARCH",
		help: "platform of the image, which is the disk's too; default: the machine's"
	},
	compression: {
		kind: "text",
		value: "gzip|zstd|none[:LEVEL]",
		help: "of the layer; default: gzip; artifact: always none, podman-machine: always zstd"
	},
	tags: {
		kind: "list",
		value: "REF",
		help: "references to push to; default: the container's names"
	},
	push: {
		kind: "boolean",
		value: "",
		help: "push to the tags; without it the log says what would be pushed"
	},
	"push-by-digest": {
		kind: "boolean",
		value: "",
		help: "push to the repository without any tag; default: false"
	},
	repository: {
		kind: "text",
		value: "REGISTRY/NAME",
		help: "where push-by-digest pushes to"
	},
	export: {
		kind: "list",
		value: "DEST",
		help: "skopeo destination, oci:DIR[:REF], or none; default: the format's"
	},
	registry: {
		kind: "text",
		value: "HOST",
		help: "registry of the login and of names without one; default: the tags' one"
	},
	username: {
		kind: "text",
		value: "NAME",
		help: "login for this job only"
	},
	password: {
		kind: "secret",
		value: "",
		help: ""
	},
	authfile: {
		kind: "text",
		value: "FILE",
		help: "a file of logins to use instead of the existing ones"
	},
	"tls-verify": {
		kind: "boolean",
		value: "",
		help: "check certificates of registries; default: true"
	},
	cache: {
		kind: "boolean",
		value: "",
		help: "keep base layers, tools and packages; default: true"
	},
	"fast-build": {
		kind: "boolean",
		value: "",
		help: "leave out of KIWI's build what changes nothing in the disk; default: true"
	},
	"install-tools": {
		kind: "boolean",
		value: "",
		help: "install what is missing; default: false"
	},
	"kiwi-version": {
		kind: "text",
		value: "VERSION",
		help: "exact version from PyPI, or system"
	},
	"work-dir": {
		kind: "text",
		value: "DIR",
		help: "where to build; default: the system's temp"
	},
	"source-date-epoch": {
		kind: "text",
		value: "SECONDS",
		help: "created, history and tar times"
	},
	summary: {
		kind: "boolean",
		value: "",
		help: "job summary, in a workflow; default: true"
	},
	images: {
		kind: "list",
		value: "REGISTRY/NAME@DIGEST",
		help: "what was pushed by digest, one for each platform"
	}
};
const ALL_NAMES = Object.keys(DEFINITIONS);
/** What all else takes. */
const INPUT_NAMES = ALL_NAMES.filter((name) => name !== "images");
function inputDefinition(name) {
	return DEFINITIONS[name];
}
/**
* The input of this name, whatever its case (a runner upper-cases names), if there is one.
*
* @param names where to look; all where left out
*/
function inputNamed(name, names = ALL_NAMES) {
	const lower = name.toLowerCase();
	return names.find((known) => known === lower);
}
/** Lists whose values hold no commas: docker's metadata action writes tags so, and words are short. */
const SPLIT_AT_COMMAS = [
	"tags",
	"kind",
	"disktype",
	"images"
];
/** Whether a single text, also one of a command line, may hold several entries. */
function splitsAtCommas(name) {
	return SPLIT_AT_COMMAS.includes(name);
}
/**
* The entries that one text of a workflow holds: a list has one a line, some also split at commas. `images` are outputs of
* jobs, put together by expressions that know no lines.
*/
function rawEntries(name, text) {
	if (inputDefinition(name).kind !== "list") return [text];
	if (name === "images") return text.split(/[\s,]+/);
	return text.split(splitsAtCommas(name) ? /[\n,]/ : "\n");
}
/** The known names nearest to a wrong one, for a message. */
function similarNames(wrong, names = INPUT_NAMES) {
	return similarWords(wrong, names).slice(0, 2);
}
// src/registry/login/secretforms.ts
/** The forms in which a program, or a registry that repeats what it got, prints a secret. */
function secretForms(...secrets) {
	const forms = secrets.flatMap((secret) => {
		const text = secret.toWellFormed();
		return [
			text,
			...text.split(/[\r\n]+/),
			JSON.stringify(text).slice(1, -1),
			encodeURIComponent(text),
			new URLSearchParams([["", text]]).toString().slice(1),
			Buffer.from(text).toString("base64"),
			Buffer.from(text).toString("base64url")
		];
	});
	return [...new Set(forms.filter((form) => form.trim() !== ""))];
}
/** Those of what stands before the host of an address: `http://user:password@host/`, also without `http://`. */
function addressForms(address) {
	const [, userinfo, password] = /(?:^|:\/\/)([^/\s@:]*:([^/\s@]+))@/.exec(address) ?? [];
	if (userinfo === void 0 || password === void 0) return [];
	return secretForms(userinfo, decoded(userinfo), password, decoded(password));
}
/** As programs decode it that let a stray % stand for itself, as Python's urllib does. */
function decoded(text) {
	return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8"));
}
// src/runner.ts
/**
* Reports to a workflow runner. What programs print stands between `stop-commands` and a token that they cannot know, so
* that a line like `::set-output` or `##[add-mask]` in it stays text (runner: ActionCommandManager.cs).
*/
var Runner = class {
	#fence;
	#grouped = false;
	info(line) {
		this.#open();
		info(harmless(line));
	}
	warning(line) {
		this.#open();
		warning(plainLine(line));
	}
	output(line) {
		if (this.#fence === void 0) {
			this.#fence = randomUUID();
			info(`::stop-commands::${this.#fence}`);
		}
		info(line);
	}
	group(title) {
		this.endGroup();
		startGroup(harmless(title));
		this.#grouped = true;
	}
	endGroup() {
		this.#open();
		if (this.#grouped) endGroup();
		this.#grouped = false;
	}
	/** Shows an error: one annotation a problem, titled with its code, at its file and line where it has one, then the detail, folded. */
	error(thrown) {
		this.endGroup();
		const { code, message, detail, exitCode } = describeError(thrown);
		if (thrown instanceof ProblemsError) for (const problem of thrown.problems) error(harmless(`${problem.where}: ${problem.text}`), {
			title: code,
			...problem.file === void 0 ? {} : { file: problem.file },
			...problem.line === void 0 ? {} : { startLine: problem.line }
		});
		else if (thrown instanceof HostErrors) for (const lack of thrown.lacks) error(plainLine(lack.message), { title: lack.code });
		else error(plainLine(message), { title: code });
		if (detail.length > 0) {
			this.group("Details");
			for (const line of detail) this.output(line);
			this.endGroup();
		}
		return exitCode;
	}
	#open() {
		if (this.#fence !== void 0) info(`::${this.#fence}::`);
		this.#fence = void 0;
	}
};
/**
* A line of ours that may quote somebody else's words: it stays one line and no command, in neither syntax of the runner
* (ActionCommand.cs: `::` at the start after blanks, `##[` anywhere).
*/
function harmless(line) {
	return plainLine(line).replace(/^(\s*):(?=:)/, "$1: ").replaceAll("##[", "## [");
}
/**
* The inputs in a step's environment (`INPUT_BASE-IMAGE`); they are taken out of it, so that no program inherits them.
* Names that are near to one of ours are problems. Others are none of ours: `INPUT_METHOD` is the desktop's.
*
* @param names of the action; those of the root action where left out
*/
function takeInputs(environment, names = INPUT_NAMES) {
	const raw = /* @__PURE__ */ new Map();
	const problems = [];
	for (const [variable, text = ""] of Object.entries(environment)) {
		if (!variable.startsWith("INPUT_")) continue;
		const spelled = variable.slice(6).toLowerCase();
		delete environment[variable];
		const name = inputNamed(spelled, names);
		const [similar] = name === void 0 ? similarNames(spelled, names) : [];
		if (name !== void 0 && text !== "") raw.set(name, rawEntries(name, text));
		if (similar !== void 0) problems.push({
			where: `input ${spelled}`,
			text: `is no input of kiwi-oci: did you mean ${similar}?`
		});
	}
	return {
		raw,
		problems
	};
}
/** Keeps the login out of the log that an address may carry: `https://user:password@host/`. */
function maskUriPassword(text) {
	for (const form of addressForms(text)) setSecret(form);
}
/** In the post entry: what the step remembered. */
function rememberedFolders() {
	const remembered = parsedState(getState("folders"));
	const isOurs = (folder) => typeof folder === "string" && isAbsolute(folder) && basename(folder).startsWith("kiwi-oci-");
	return Array.isArray(remembered) ? remembered.filter(isOurs) : [];
}
function parsedState(text) {
	try {
		return JSON.parse(text || "[]");
	} catch {
		return [];
	}
}
// src/steps/canceling.ts
/** A signal to all of a job reaches its programs and us in any order. */
const SAME_MOMENT_MILLISECONDS = 50;
/** Cancels at what a runner, a shell or a terminal that closes sends to end a job. */
function cancelAtSignals(canceling) {
	for (const name of [
		"SIGINT",
		"SIGTERM",
		"SIGHUP"
	]) process.on(name, () => canceling.abort());
}
/** What to tell of the error that a job ended with: a program that a signal ended, which meant all of the job, is a cancel. */
async function endOfJob(error, canceled) {
	if (!(error instanceof CommandError) || error.outcome.kind !== "signal") return error;
	await setTimeout$1(SAME_MOMENT_MILLISECONDS);
	return canceled.aborted ? new CommandError(error.program, error.args, { kind: "canceled" }, []) : error;
}
// src/steps/proxies.ts
const PROXY_VARIABLES = [
	"http_proxy",
	"https_proxy",
	"ftp_proxy",
	"no_proxy",
	"all_proxy"
];
/** The variables that say which proxy programs take, in both spellings. */
function proxyVariables(environment) {
	const names = PROXY_VARIABLES.flatMap((name) => [name, name.toUpperCase()]);
	return Object.fromEntries(names.flatMap((name) => environment[name] ? [[name, environment[name]]] : []));
}
/**
* Node asks mirrors directly unless it is told to take the proxy that all other programs take. They take `host:port` too,
* and proxies of other protocols, at which Node would end with an error that quotes the address, its password among it.
*/
function takeProxies(proxies) {
	if (!("setGlobalProxyFromEnv" in http)) return;
	const usable = Object.entries(proxies).flatMap(([name, text]) => {
		if (/^(no|all|ftp)_/i.test(name)) return [[name, text]];
		const address = text.includes("://") ? text : `http://${text}`;
		return URL.canParse(address) && /^https?:/i.test(address) ? [[name, address]] : [];
	});
	if (!usable.some(([name]) => /^https?_proxy$/i.test(name))) return;
	try {
		http.setGlobalProxyFromEnv(Object.fromEntries(usable));
	} catch {}
}
// src/steps/step.ts
/** What is left of a job after a bug of ours has this long to clean up: more than KIWI needs to end. */
const LAST_MILLISECONDS = 6e4;
/**
* Runs the main of a step: a cancel (SIGINT, then SIGTERM by the runner) aborts the signal, an error ends in one clear
* line, its detail and an exit code.
*/
async function runStep(main, lastMilliseconds = LAST_MILLISECONDS) {
	const report = new Runner();
	const controller = new AbortController();
	cancelAtSignals(controller);
	for (const address of Object.values(proxyVariables(process.env))) maskUriPassword(address);
	process.on("uncaughtException", (error) => {
		process.exitCode = report.error(error);
		controller.abort();
		setTimeout(() => process.exit(), lastMilliseconds).unref();
	});
	try {
		await main(report, controller.signal);
		report.endGroup();
	} catch (error) {
		process.exitCode = report.error(await endOfJob(error, controller.signal));
	}
}
new Set("aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows".split(" "));
new Set("386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm".split(" "));
/** What Node calls an architecture, where it is not Go's name for it; the rest is the same. */
const NODE_NAMES = /* @__PURE__ */ new Map([
	["x64", "amd64"],
	["ia32", "386"],
	["ppc64", "ppc64le"],
	["mipsel", "mipsle"]
]);
/** The platform of Linux on what Node calls `process.arch`. */
function machinePlatform(nodeArch) {
	if (nodeArch === "arm") return {
		os: "linux",
		architecture: "arm",
		variant: "v7"
	};
	return {
		os: "linux",
		architecture: NODE_NAMES.get(nodeArch) ?? nodeArch
	};
}
// src/steps/surroundings.ts
function surroundings(environment) {
	const uid = process.getuid?.() ?? 0;
	const gid = process.getgid?.() ?? 0;
	const home = resolve(environment["HOME"] || homeOf(uid));
	const caches = environment["XDG_CACHE_HOME"] || join(home, ".cache");
	const mirrorsFile = environment["KIWI_OCI_MIRRORS"];
	const sourceDateEpoch = environment["SOURCE_DATE_EPOCH"];
	const runnerJob = jobOfRunner(environment);
	const proxies = proxyVariables(environment);
	takeProxies(proxies);
	return {
		temp: resolve(environment["RUNNER_TEMP"] || tmpdir()),
		cacheFolder: resolve(caches, "kiwi-oci"),
		hosted: environment["RUNNER_ENVIRONMENT"] === "github-hosted",
		searchPath: environment["PATH"] ?? "",
		uid,
		gid,
		machine: machinePlatform(process.arch),
		architecture: machine(),
		nodePath: process.execPath,
		supervisorPath: resolve(import.meta.dirname, "supervisor.js"),
		abandonedPath: resolve(import.meta.dirname, "abandoned.js"),
		loginFiles: loginFiles(environment, home, uid),
		proxies,
		...runnerJob ? { runnerJob } : {},
		...mirrorsFile ? { mirrorsFile } : {},
		...sourceDateEpoch ? { sourceDateEpoch } : {}
	};
}
/** @throws HostError where the system knows no home of this user, as of a number alone in a container */
function homeOf(uid) {
	try {
		return userInfo().homedir;
	} catch {
		throw new HostError("host-folder", `the user ${uid} has no home folder`, "set HOME to a folder of yours");
	}
}
/** The names of a run alone are not enough: a job that is run again, or of a matrix, has them too. */
function jobOfRunner(environment) {
	const temp = environment["RUNNER_TEMP"];
	const tracking = environment["RUNNER_TRACKING_ID"];
	if (!temp || !tracking) return void 0;
	return {
		temp: resolve(temp),
		job: [...[
			"GITHUB_REPOSITORY",
			"GITHUB_RUN_ID",
			"GITHUB_RUN_ATTEMPT",
			"GITHUB_JOB"
		].map((name) => environment[name] ?? ""), tracking].join(" ")
	};
}
/** Where skopeo looks (containers-auth.json(5)), the first file that is set or there wins for a registry. */
function loginFiles(environment, home, uid) {
	const given = environment["REGISTRY_AUTH_FILE"];
	if (given) return [given];
	const runtime = environment["XDG_RUNTIME_DIR"];
	const config = environment["XDG_CONFIG_HOME"] || join(home, ".config");
	return [
		...runtime ? [join(runtime, "containers/auth.json")] : [],
		`/run/containers/${uid}/auth.json`,
		join(config, "containers/auth.json"),
		join(environment["DOCKER_CONFIG"] || join(home, ".docker"), "config.json")
	];
}
// src/steps/cleanup.ts
/** The post entry of the steps that make folders: logins, mounts, loop devices and build folders end with the job. */
await runStep(async (report) => {
	takeInputs(process.env);
	await removeFolders(rememberedFolders(), surroundings(process.env), report);
});
export {};
