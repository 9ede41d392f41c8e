import { createRequire } from "node:module";
import { spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { constants, createReadStream, createWriteStream, readFileSync, readSync, writeSync } from "node:fs";
import { access, chmod, constants as constants$1, copyFile, link, lstat, mkdir, mkdtemp, mkdtempDisposable, open, readFile, readdir, readlink, realpath, rename, rm, rmdir, stat, statfs, symlink, utimes, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { availableParallelism, hostname, machine, tmpdir, userInfo } from "node:os";
import { Worker } from "node:worker_threads";
import { constants as constants$2, crc32, createGunzip, createZstdCompress, createZstdDecompress } from "node:zlib";
import { basename, dirname, isAbsolute, join, normalize, relative, resolve, sep } from "node:path";
import * as os from "os";
import * as crypto from "crypto";
import * as fs from "fs";
import http, { request } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { once } from "node:events";
import { setImmediate, setTimeout as setTimeout$1 } from "node:timers/promises";
import { request as request$1 } from "node:https";
import { pipeline } from "node:stream/promises";
// \0rolldown/runtime.js
var __commonJSMin = (cb, mod) => () => (mod || (cb((mod = { exports: {} }).exports, mod, mod.exports), cb = null), mod.exports);
var __require = /* #__PURE__ */ (() => createRequire(import.meta.url))();
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
function isErrorCode(text) {
	return Object.hasOwn(errorCodes, text);
}
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
/** Whether the system says by this name (errno(3)) that the disk is full or the quota used up. */
function isSpaceCode(code) {
	return FAULTS[code] === SPACE;
}
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
/** The user edits the workflow or the command line. May carry problems of the description found in the same look. */
var InputError = class extends ProblemsError {
	name = "InputError";
	code = "input";
};
/** The user edits the description. */
var DescriptionError = class extends ProblemsError {
	name = "DescriptionError";
	code = "description";
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
/** One error for all that is lacking; undefined where nothing is. */
function hostError([first, ...others]) {
	return first === void 0 || others.length === 0 ? first : new HostErrors(first, ...others);
}
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
/** What another process of ours threw, as it told us. */
var RelayedError = class extends KnownError {
	name = "RelayedError";
	code;
	/** @param message one line */
	constructor(code, message) {
		super(message);
		this.code = code;
	}
};
/** A registry said no, or did not answer. */
var RegistryError = class extends KnownError {
	name = "RegistryError";
	code;
	side;
	reference;
	detail;
	/** @param message one line: the operation, the reference, the reason and what to do */
	constructor(code, message, about) {
		super(message);
		this.code = code;
		this.side = about.side;
		this.reference = about.reference;
		this.detail = about.detail ?? [];
	}
};
/** An OCI invariant is broken: a blob does not hash to its name, a diff ID is missing, a manifest contradicts itself. */
var ImageError = class extends KnownError {
	name = "ImageError";
	code;
	violations;
	constructor(code, subject, violations) {
		super(`${subject} is not a valid OCI image: ${violations.join("; ")}`);
		this.code = code;
		this.violations = violations;
	}
};
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
/** As strerror(3) says ENOSPC and EDQUOT, in what a program prints. */
const NO_SPACE = /no space left on device|disk quota exceeded/i;
/** Whether the disk is full or the quota used up: said by the system, or by a program that failed of it. */
function lacksSpace(error) {
	if (error instanceof CommandError) return error.lastLines.some((line) => NO_SPACE.test(line));
	return error instanceof Error && "code" in error && isSpaceCode(String(error.code));
}
/** A full disk as what it means to the user; any other error as it is. */
function spaceError(error, folder) {
	if (!lacksSpace(error)) return error;
	return new HostError("host-space", `no space is left in ${folder}`, "free some, or choose another place with work-dir, export or TMPDIR");
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
	const readers = [options.onLine ? eachLine(child.stdout, keep) : collect$1(child.stdout, chunks), eachLine(child.stderr, (line) => {
		if (!options.onLine) errors.push(line);
		keep(line);
	})];
	feed(child.stdin, options);
	const ended = endOf$1(child);
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
function endOf$1(child) {
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
const MARK$1 = `KIWI_OCI_PROCESS=${randomUUID()}`;
let isMarking = false;
/**
* From now on what may be ended at any moment, and what that starts, has a mark in its environment, by which somebody else
* finds it when this process is killed: kill(2) ends no children.
*
* @returns the mark, `NAME=VALUE`
*/
function markPrograms() {
	isMarking = true;
	return MARK$1;
}
function markedEnvironment({ env, signal, stopSignal, stopByEndOfInput, apart }) {
	const whole = env ?? inheritedEnvironment();
	if (!isMarking || !(signal !== void 0 && stopSignal !== "SIGINT" && !stopByEndOfInput && !apart)) return whole;
	const [name = "", value] = MARK$1.split("=");
	return {
		...whole,
		[name]: value
	};
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
async function collect$1(stream, into) {
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
// src/disk/format.ts
const SECTOR_BYTES$2 = 512;
const KIBIBYTE$1 = 1024;
const MEBIBYTE = 1024 * KIBIBYTE$1;
/** The formats a disk can have in an image, in the order to name them. */
const DISK_FORMATS = {
	qcow2: {
		extension: "qcow2",
		driver: "qcow2",
		defaults: [
			"compat=1.1",
			"cluster_size=65536",
			"lazy_refcounts=off"
		],
		fixed: [],
		unitBytes: SECTOR_BYTES$2
	},
	raw: {
		extension: "raw",
		driver: "raw",
		defaults: [],
		fixed: [],
		unitBytes: SECTOR_BYTES$2,
		whole: true
	},
	vmdk: {
		extension: "vmdk",
		driver: "vmdk",
		defaults: [],
		fixed: [],
		unitBytes: 64 * KIBIBYTE$1
	},
	vdi: {
		extension: "vdi",
		driver: "vdi",
		defaults: [],
		fixed: [],
		unitBytes: SECTOR_BYTES$2
	},
	vhd: {
		extension: "vhd",
		driver: "vpc",
		defaults: [],
		fixed: [],
		unitBytes: SECTOR_BYTES$2
	},
	vhdx: {
		extension: "vhdx",
		driver: "vhdx",
		defaults: [],
		fixed: ["subformat=dynamic"],
		unitBytes: 4 * KIBIBYTE$1
	},
	"vhd-fixed": {
		extension: "vhdfixed",
		driver: "vpc",
		defaults: ["force_size=on"],
		fixed: ["subformat=fixed"],
		unitBytes: MEBIBYTE,
		whole: true
	},
	gce: {
		extension: "tar.gz",
		driver: "raw",
		defaults: [],
		fixed: [],
		unitBytes: 1024 * MEBIBYTE,
		packed: true
	},
	ova: {
		extension: "ova",
		driver: "vmdk",
		defaults: [],
		fixed: ["subformat=streamOptimized"],
		unitBytes: 64 * KIBIBYTE$1,
		packed: true
	}
};
const DISK_FORMAT_NAMES = Object.keys(DISK_FORMATS);
function isDiskFormat(text) {
	return Object.hasOwn(DISK_FORMATS, text);
}
function diskFormat(format) {
	return DISK_FORMATS[format];
}
/** The size in bytes that a disk of this many bytes has in the format; of vhd before QEMU rounds to its geometry. */
function extendedSize(format, sizeBytes) {
	const { unitBytes } = diskFormat(format);
	return Math.ceil(sizeBytes / unitBytes) * unitBytes;
}
/** Whether the bytes of a conversion are made by qemu-img's options: KIWI hands none to raw and gce. */
function takesOptions(format) {
	return diskFormat(format).driver !== "raw";
}
// src/kiwi/arguments.ts
/**
* The argument list of `kiwi-ng` for a build. Values stand behind `=`, so that none is taken for an option, in a
* spelling that the docopt of KIWI 9 and the typer of KIWI 10 and later both read.
*/
function kiwiArguments(build) {
	return [
		...selectionArguments(build),
		`--shared-cache-dir=${build.sharedCache}`,
		`--temp-dir=${build.temp}`,
		`--logfile=${build.logFile}`,
		...build.globalArguments,
		"system",
		"build",
		`--description=${build.description}`,
		`--target-dir=${build.target}`,
		...build.buildArguments
	];
}
/** The argument list of `kiwi-ng` that only reads and judges the description (KIWI 9 has no cache option there). */
function checkArguments(selection, description, temp) {
	return [
		...selectionArguments(selection),
		`--temp-dir=${temp}`,
		...selection.globalArguments,
		"image",
		"info",
		`--description=${description}`
	];
}
function selectionArguments({ type, profiles }) {
	return [...type === void 0 ? [] : [`--type=${type}`], ...profiles.map((profile) => `--profile=${profile}`)];
}
const OURS = "is set by kiwi-oci";
const NO_BUILD = "builds nothing: leave it out";
/** Options that we set, or that would take the build out of our hands: why, and what to use instead. */
const RESERVED$1 = {
	"--description": `${OURS}: use the input description`,
	"--kiwi-file": `${OURS}: name the file in the input description`,
	"--target-dir": `${OURS}: name another place with the input work-dir`,
	"--temp-dir": `${OURS}: name another place with the input work-dir`,
	"--shared-cache-dir": `${OURS}: leave it out`,
	"--logfile": `${OURS}: leave it out, the log is kept`,
	"--type": `${OURS}: use the input type`,
	"--profile": `${OURS}: use the input profiles`,
	"--allow-existing-root": "has no use, each build has a folder of its own: leave it out",
	"--set-container-derived-from": "does not reach the image: use the input base-image",
	"--set-container-tag": "does not reach the image: use the input tags",
	"--add-container-label": "does not reach the image: use the input labels",
	"--debug-run-scripts-in-screen": "needs a terminal: leave it out, or use --debug",
	"--compat": "speaks the arguments of KIWI 7: leave it out",
	"--install-completion": NO_BUILD,
	"--show-completion": NO_BUILD,
	"--help": NO_BUILD,
	"--version": NO_BUILD
};
const SHORT = {
	"-h": "--help",
	"-v": "--version"
};
/** Attributes of `<type>` that decide what is built, with the input for each. */
const RESERVED_ATTRIBUTES = {
	format: "format",
	image: "type",
	derived_from: "base-image"
};
/**
* What stands in the inputs `kiwi-global-arguments` or `kiwi-arguments` although it is not the user's to set, both as
* `--x=y` and as `--x`, also shortened as the docopt of KIWI 9 allows (`--desc`).
*
* @returns one sentence for each, without the input's name
*/
function reservedArguments(list) {
	return list.flatMap((argument, index) => {
		const [name = "", ...value] = argument.split("=");
		if (argument === "--") return ["'--' is no argument of KIWI: leave it out"];
		const reserved = reservedName(name);
		if (reserved !== void 0) return [`${name} ${RESERVED$1[reserved]}`];
		if (name !== "--set-type-attr") return [];
		const attribute = value[0] ?? list[index + 1]?.split("=")[0] ?? "";
		const input = RESERVED_ATTRIBUTES[attribute];
		return input === void 0 ? [] : [`--set-type-attr ${attribute}=… ${OURS}: use the input ${input}`];
	});
}
function reservedName(name) {
	const short = SHORT[name];
	if (short !== void 0) return short;
	if (!name.startsWith("--") || name.length < 4 || name === "--debug") return void 0;
	return Object.keys(RESERVED$1).find((reserved) => reserved.startsWith(name));
}
// src/kiwi/version.ts
/** The KIWI that is installed where `kiwi-version` says nothing; `requirements.ts` locks it with all it needs. */
const PINNED_VERSION = "11.1.6";
/**
* The version in what `kiwi-ng --version` prints: `KIWI (next generation) version 9.24.61`.
*
* @returns the version, or undefined when the text names none
*/
function kiwiVersionIn(output) {
	return /\bversion\s+(\d+(?:\.\d+)+)/i.exec(output)?.[1];
}
// src/oci/platform.ts
/** GOOS and GOARCH of `go tool dist list`, Go 1.25, and those of `internal/syslist` that containers are made for. */
const SYSTEMS = new Set("aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows".split(" "));
const ARCHITECTURES = new Set("386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm".split(" "));
/** What `uname -m` and distributions say, in Go's words; containerd platforms/database.go. */
const OTHER_NAMES = /* @__PURE__ */ new Map([
	["x86_64", { architecture: "amd64" }],
	["x86-64", { architecture: "amd64" }],
	["aarch64", { architecture: "arm64" }],
	["i386", { architecture: "386" }],
	["i686", { architecture: "386" }],
	["armhf", {
		architecture: "arm",
		variant: "v7"
	}],
	["armel", {
		architecture: "arm",
		variant: "v6"
	}]
]);
/** What Node calls an architecture, where it is not Go's name for it; the rest is the same. */
const NODE_NAMES = /* @__PURE__ */ new Map([
	["x64", "amd64"],
	["ia32", "386"],
	["ppc64", "ppc64le"],
	["mipsel", "mipsle"]
]);
const VARIANTS = /* @__PURE__ */ new Map([
	["amd64", /^v[1-4]$/],
	["arm", /^v[5-8]$/],
	["arm64", /^v(8|8\.[1-9]|9|9\.[0-5])$/]
]);
const ANY_VARIANT = /^[a-z0-9][a-z0-9._-]*$/;
/** From what runs on most machines of an architecture down; what a machine that names no variant may still take. */
const DEFAULT_VARIANTS = /* @__PURE__ */ new Map([
	["amd64", ["v1"]],
	["arm", [
		"v7",
		"v6",
		"v5"
	]],
	["arm64", ["v8"]]
]);
/** Each runs what follows it; c/image internal/pkg/platform/platform_matcher.go, containerd platforms/compare.go. */
const DESCENDING_VARIANTS = /* @__PURE__ */ new Map([["amd64", [
	"v4",
	"v3",
	"v2",
	"v1"
]], ["arm", [
	"v8",
	"v7",
	"v6",
	"v5"
]]]);
/**
* The platform that `os/architecture[/variant]` names; `x86_64` and the like become Go's names.
*
* @returns undefined when system, architecture or variant is not known
*/
function parsePlatform(text) {
	const [os = "", name = "", variant, ...rest] = text.split("/");
	const { architecture, variant: impliedVariant } = OTHER_NAMES.get(name) ?? { architecture: name };
	if (rest.length > 0 || !SYSTEMS.has(os) || !ARCHITECTURES.has(architecture)) return void 0;
	const given = variant ?? impliedVariant;
	if (given === void 0) return {
		os,
		architecture
	};
	return (VARIANTS.get(architecture) ?? ANY_VARIANT).test(given) ? {
		os,
		architecture,
		variant: given
	} : void 0;
}
/** `os/architecture[/variant]` */
function platformText(platform) {
	const { os, architecture, variant } = platform;
	return [
		os,
		architecture,
		...variant ? [variant] : []
	].join("/");
}
/**
* One text for a platform, however it is written: with Go's name, and without the variant that every machine of the
* architecture has; containerd platforms/database.go, which takes `x86_64` for `amd64` and `arm64/v8` for `arm64` too.
*/
function platformKey({ os, architecture: name, variant: given }) {
	const { architecture, variant: implied } = OTHER_NAMES.get(name) ?? { architecture: name };
	const variant = given || implied;
	return platformText({
		os,
		architecture,
		...variant === void 0 || variant === "" || variant === DEFAULT_VARIANTS.get(architecture)?.[0] ? {} : { variant }
	});
}
/** The platform of Linux on what Node calls `process.arch`. */
function machinePlatform$1(nodeArch) {
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
/** Whether what is made for `offered` can be taken where `wanted` was asked for. */
function platformMatches(offered, wanted) {
	return offered.os === wanted.os && offered.architecture === wanted.architecture && acceptedVariants(wanted).includes(offered.variant ?? "");
}
/** Variants that can be taken where a platform was asked for, best first; '' stands for an entry that names none. */
function acceptedVariants({ architecture, variant }) {
	const byDefault = DEFAULT_VARIANTS.get(architecture) ?? [];
	if (!variant) return ["", ...byDefault];
	const descending = DESCENDING_VARIANTS.get(architecture) ?? [];
	const from = descending.indexOf(variant);
	return [...from < 0 ? [variant] : descending.slice(from), ""];
}
// src/oci/annotations.ts
/** Where an annotation goes, in docker's words; docs.docker.com/build/metadata/annotations. */
const ANNOTATION_LEVELS = [
	"manifest",
	"index",
	"manifest-descriptor",
	"index-descriptor"
];
/** podman machine finds its disk by it. */
const DISK_TYPE_ANNOTATION = "disktype";
/** On an entry of an index it makes c/image prefer that one; internal/manifest/oci_index.go. */
const ZSTD_ANNOTATION = "io.github.containers.compression.zstd";
const RESERVED = [DISK_TYPE_ANNOTATION, ZSTD_ANNOTATION];
const LEVEL = /^([a-z-]*)(?:\[([^\]]*)\])?$/;
const FORM = "write KEY=VALUE, or LEVEL:KEY=VALUE with manifest, index, manifest-descriptor or index-descriptor";
/**
* What `[LEVEL[,LEVEL]…:]KEY=VALUE` asks for, each LEVEL with an optional `[os/arch[/variant]]`; docker buildx
* build/annotations.go. Without a level it is the manifest's.
*
* @returns one for each platform that the levels name, or one sentence with the problem and what to write
*/
function parseAnnotation(text) {
	const equals = text.indexOf("=");
	const [before, value] = [text.slice(0, Math.max(0, equals)), text.slice(equals + 1)];
	const colon = before.indexOf(":");
	const key = before.slice(colon + 1).trim();
	if (equals < 0 || key === "") return `'${text}' is no annotation: ${FORM}`;
	if (colon < 0) return [{
		levels: ["manifest"],
		key,
		value
	}];
	const byPlatform = /* @__PURE__ */ new Map();
	for (const part of before.slice(0, colon).split(",")) {
		const place = parseLevel(part.trim());
		if (typeof place === "string") return `'${text}': ${place}`;
		const { level, platform } = place;
		if (level.endsWith("-descriptor") && RESERVED.includes(key)) return `'${text}': ${key} at ${level} is not free, since podman and others choose by it: leave it out`;
		const name = platform === void 0 ? "" : platformText(platform);
		const known = byPlatform.get(name);
		if (known === void 0) byPlatform.set(name, {
			levels: [level],
			...platform ? { platform } : {}
		});
		else if (!known.levels.includes(level)) known.levels.push(level);
	}
	return [...byPlatform.values()].map((place) => ({
		...place,
		key,
		value
	}));
}
/**
* The annotations of one level. The last of a key wins, and one for the platform over one for all.
*
* @param platform of the manifest; `x86_64` is `amd64` here
*/
function annotationsFor(all, level, platform) {
	const ofLevel = all.filter(({ levels }) => levels.includes(level));
	const wanted = platform === void 0 ? void 0 : platformKey(platform);
	const general = ofLevel.filter((each) => each.platform === void 0);
	const own = ofLevel.filter((each) => each.platform !== void 0 && platformKey(each.platform) === wanted);
	return Object.fromEntries([...general, ...own].map(({ key, value }) => [key, value]));
}
function parseLevel(text) {
	const [, name = text, named] = LEVEL.exec(text) ?? [];
	const level = ANNOTATION_LEVELS.find((each) => each === name);
	if (level === void 0) return `'${text}' is no level of annotations: ${FORM}`;
	if (named === void 0) return { level };
	if (level.startsWith("index")) return `an index is for all platforms: write ${level} without [${named}]`;
	const platform = parsePlatform(named);
	return platform === void 0 ? `'${named}' is no platform: write os/architecture, such as linux/arm64` : {
		level,
		platform
	};
}
// src/compress/source.ts
/** What comes as a stream. */
function chunkSource(chunks) {
	const iterator = chunks[Symbol.asyncIterator]();
	let rest = /* @__PURE__ */ new Uint8Array();
	return { fill: async (target) => {
		let filled = 0;
		while (filled < target.length) {
			if (rest.length === 0) {
				const { done, value } = await iterator.next();
				if (done) break;
				rest = value;
				continue;
			}
			const part = rest.subarray(0, target.length - filled);
			target.set(part, filled);
			rest = rest.subarray(part.length);
			filled += part.length;
		}
		return filled;
	} };
}
// src/compress/deflatecode.ts
/** The compiled program, in base64. */
const DEFLATE_CODE = [
	"AGFzbQEAAAABMghgAn9/AGAAAGADf39/AGAFf39/f38AYAR/f39/AX9gAX8AYAV/f39/fwF/YAJ/fwF/Aw0MAwAEAAEFAgYCAAEHBQMBAAkGKQ",
	"h/AUEAC34BQgALfwFBAAt/AUEAC38BQQALfwFBAAt/AUEAC38BQQALBx4DB2lucHV0QXQDBAdkZWZsYXRlAAcGbWVtb3J5AgAIAQQMAQEKnC8M",
	"7wIBA38gAUEAIAP8CwADQCADIAZLBEAgACAGQQJ0aigCACIHBEAgBUECdEGACGogB0EJdCAGcjYCACAFQQFqIQULIAZBAWohBgwBCwsgBUECSQ",
	"RAIAUEf0GACCgCAEH/A3EFQQALIAFqQQE6AAAFIAEgBSAEEAYLQQAhAEGgGkEAQcQA/AsAA0AgACADSQRAIAAgAWotAAAiBQRAIAVBAnRBoBpq",
	"IgUgBSgCAEEBajYCAAsgAEEBaiEADAELC0EAIQVBASEAA0AgACAETQRAIAUgAEECdCIGQZwaaigCAGpBAXQhBSAGQfAaaiAFNgIAIABBAWohAA",
	"wBCwtBACEFA0AgAyAFSwRAIAEgBWotAAAiBARAIARBAnRB8BpqIgYoAgAhACAGIABBAWo2AgBBACEGA0AgBARAIABBAXEgBkEBdHIhBiAAQQF2",
	"IQAgBEEBayEEDAELCyACIAVBAnRqIAY2AgALIAVBAWohBQwBCwsLlgEBBH8gAEECdEGACGooAgAhAyAAQQF0QQFqIQIDQCABIAJLBEAgAkEBai",
	"IEIAFJBH8gAkECdCIFQYQIaigCACAFQYAIaigCAEsFQQALIQUgBCACIAUbIgJBAnRBgAhqKAIAIgQgA0sEQCAAQQJ0QYAIaiAENgIAIAIiAEEB",
	"dEEBaiECDAILCwsgAEECdEGACGogAzYCAAvOAwIJfwF+IwUgAGooAgBBsfPd8XlsQRF2QQJ0QbDOCGogASIFQYICIwYgAGsiBiAGQYICSxsiDE",
	"8EQCAFDwsgAEGAgAJrQQAgAEGAgAJLGyELIwUgAGooAgAhCSgCACEHA0AgByALSwRAAkAgB0EBayIIIwVqIAVqQQNrKAIAIwUgAGogBWpBA2so",
	"AgBGBH8jBSAIaigCACAJRgVBAAsEQEGCAiMGIABrIgQgBEGCAksbIQpBBCEEAkADQCAEQQhqIgYgCk0EQCAEIwUgCGogBGopAwAjBSAAaiAEai",
	"kDAIUiDXpCA4inaiEEIA1CAFINAiAGIQQMAQsLA0AgBCAKSQR/IwUgCGogBGotAAAjBSAAaiAEai0AAEYFQQALBEAgBEEBaiEEDAELCwsgBCAF",
	"SwRAIAAgCGskByAEIgUgA08gBCAMT3INAgsLIAJBAWsiAkUNACAHQQFrQf//AXFBAnRBsM4YaigCACEHDAILCwsgAUEDRiAFQQNGcQRAIAAgCU",
	"GA4ua7A2xBEXZBAnRBsM4QaigCAEEBayIBa0GAIE0gACABS3EEfyMFIAFqKAIAIAlzQQh0BUEBC0UEQCAAIAFrJAdBAw8LQQIPCyAFC98HAQN/",
	"QYCkCEGApAgoAgBBAWo2AgBBgJwIQYClCEGgpwhBngJBDxAAQaCwCEGgsQhBwLEIQR5BDxAAA0AgAkGeAkkEQCADIAJBAnRBgJwIaigCACACQY",
	"ClCGotAABBACACQYUCa0ECdiACQZ0CRiACQYkCSXIbamxqIQMgAkEBaiECDAELC0EAIQIDQCACQR5JBEAgAyACQQJ0QaCwCGooAgAgAkGgsQhq",
	"LQAAIAJBAXZBAWtBACACQQRPG2psaiEDIAJBAWohAgwBCwsgA0EDdiABTwRAA0AjAkEDaiQCIwJBB2pBeHEkAiMAIwE3AwAjACMCQQN2aiQAIw",
	"EjAkE4ca2IJAEjAkEHcSQCIwBB//8DIAEgAUH//wNPGyICOwEAIwAgAkF/czsBAiMAQQRqIAAgAvwKAAAjACACQQRqaiQAIAAgAmohACABIAJr",
	"IgENAAsPCxAKQQMhAANAIABBggJNBEAgAEECdCICQYC+CGooAgAiA0H//wNxIgRBgKUIai0AACEBIAJBkMYIaiAEQQJ0QaCnCGooAgAgA0EUdi",
	"ABdHIgASADQRB2QQ9xakEYdHI2AgAgAEEBaiEADAELC0EAIQADQCAAQYACSQRAIABBAnRBoKcIaiIBIAEoAgAgAEGApQhqLQAAQRh0cjYCACAA",
	"QQFqIQAMAQsLQQAhAANAIABBHkkEQCAAQQJ0QcCxCGoiASABKAIAIABBoLEIai0AAEEYdHI2AgAgAEEBaiEADAELC0HAGyEAA0AgACMDSQRAIA",
	"AoAgAiAUEQdiICBEAjASABQf8DcUECdEGQxghqKAIAIgFB////B3GtIwKthoQkASMCIAFBGHZqJAIgAkEBayIBQQRPBEBBHiABZ2siA0EBdCAB",
	"IAN2aiEBCyMBIAFBAnRBwLEIaigCACIDQf///wdxrSMCrYaEJAEjAiADQRh2aiQCIwEgAkEBa0EBIAFBAXZBAWtBACABQQRPGyIBdEEBa3GtIw",
	"KthoQkASMCIAFqJAIFIwEgAUECdEGgpwhqKAIAIgFB////B3GtIwKthoQkASMCIAFBGHZqJAIgACgCBCIBQYACSSAAQQRqIgIjA0lxBEAjASAB",
	"QQJ0QaCnCGooAgAiAEH///8Hca0jAq2GhCQBIwIgAEEYdmokAiACIQALCyMAIwE3AwAjACMCQQN2aiQAIwEjAkE4ca2IJAEjAkEHcSQCIABBBG",
	"ohAAwBCwtBgKcILQAAIQAjAUGgrwg1AgBC////B4MjAq2GhCQBIwIgAGokAiMAIwE3AwAjACMCQQN2aiQAIwEjAkE4ca2IJAEjAkEHcSQCC5gB",
	"AQV/QcAbJANBsM4gJARBAyEBQYECIQQDQCAEQZ0CSQRAQQAgBEGFAmtBAnYgBEGdAkYgBEGJAklyGyECQQAhAwNAIAFBggJJIANBASACdElxBE",
	"AgASIAQQFqIQEgAEECdEGAvghqIAQgAkEQdHIgA0EUdHI2AgAgA0EBaiEDDAELCyAEQQFqIQQMAQsLQYjGCEGdAjYCAAuuAwEGf0ECIQFBkBFB",
	"kBEoAgBBlBEoAgBqNgIAQQEhBgNAIAYgAEEBa0gEQEEAIQRBACEFA0AgBUECSARAIAAgAUwEf0EBBSACIAZIBH8gAkECdEGQEWooAgAgAUECdE",
	"GQEWooAgBJBUEACwsEQCAEIAJBAnRBkBFqKAIAaiEEIAIiA0EBaiECIANBAnRBkBFqIAY2AgAFIAEiA0EBaiEBIAQgA0ECdEGQEWooAgBqIQQL",
	"IAVBAWohBQwBCwsgBkECdEGQEWogBDYCACAGQQFqIQYMAQsLIABBAnRBiBFqQQA2AgAgAEEDayEBA0AgAUEATgRAIAFBAnRBkBFqIgIgAigCAE",
	"ECdEGQEWooAgBBAWo2AgAgAUEBayEBDAELC0EBIQQgAEECayECIABBAWshAUEAIQUDQCAEQQBKBEBBACEDA0AgAkEATgR/IAUgAkECdEGQEWoo",
	"AgBGBUEACwRAIANBAWohAyACQQFrIQIMAQsLA0AgAyAESARAIAEiAEEBayEBIABBAnRBkBFqIAU2AgAgBEEBayEEDAELCyADQQF0IQQgBUEBai",
	"EFDAELCwvLAwEEfyABQQF2QQFrIQMDQCADQQBOBEAgAyABEAEgA0EBayEDDAELCyABQQFrIQQDQCAEBEBBgAgoAgAhA0GACCAEQQJ0QYAIaiIG",
	"KAIANgIAIAYgAzYCAEEAIAQQASAEQQFrIQQMAQsLQQAhAwNAIAEgA0sEQCADQQJ0IgRBkBFqIARBgAhqKAIAQQl2NgIAIANBAWohAwwBCwsgAR",
	"AFQaAaQQBBxAD8CwBBACEEA0AgASAESwRAIARBAnRBkBFqKAIAIgMgAiACIANLGyIDQQJ0QaAaaiIGIAYoAgBBAWo2AgAgBUEBIAIgA2t0aiEF",
	"IARBAWohBAwBCwsDQCAFQQEgAnRLBEAgAkEBayEBA0AgAUECdEGgGmooAgBFBEAgAUEBayEBDAELCyABQQJ0IgFBoBpqIgMgAygCAEEBazYCAC",
	"ABQaQaaiIBIAEoAgBBAmo2AgAgAkECdEGgGmoiASABKAIAQQFrNgIAIAVBAWshBQwBCwtBACEDA0AgAgRAIAJBAnRBoBpqKAIAIQQDQCAEBEAg",
	"AyIBQQFqIQMgACABQQJ0QYAIaigCAEH/A3FqIAI6AAAgBEEBayEEDAELCyACQQFrIQIMAQsLC9MCAQR/IAAkBSABIAJqJAYgBCQAQgAkAUEAJA",
	"JBsM4IQQBBgIAI/AsAQbDOEEEAQYCACPwLACMGQQhrQQAjBkEISxshBgNAIAUgASAGIAEgBkkbSQRAIAVB//8BcUECdEGwzhhqIwUgBWooAgAi",
	"B0Gx893xeWxBEXZBAnRBsM4IaiIIKAIANgIAIAggBUEBaiIFNgIAIAdBgOLmuwNsQRF2QQJ0QbDOEGogBTYCAAwBCwsgAgRAIANBAUYEQCABIA",
	"YQCQUgASAGIAMQCAsLQQAhAgNAIwJBA2okAiMCQQdqQXhxJAIjACMBNwMAIwAjAkEDdmokACMBIwJBOHGtiCQBIwJBB3EkAiMAQf//AyACIAJB",
	"//8DTxsiATsBACMAIAFBf3M7AQIjAEEEaiAAIAH8CgAAIwAgAUEEamokACAAIAFqIQAgAiABayICDQALIwAgBGsLjAcBCn8gAkEESQR/QQIgAn",
	"QFQYAIQQEgAnQgAkEJTxsLIQUgAkEESQR/QRAgAnQFQYICQRAgAkEDa3QgAkEITxsLIQYgAkEESQR/QQAFIAJBBkkEf0EQBUEgQYICIAJBCEkb",
	"CwshByAAIQNBwBskA0GAnAhBAEGACfwLAEGgsAhBAEGAAfwLAEEAIQIDQCAAIwZJBEAgACABTwR/IwMjBSAAai0AACIENgIAIwNBBGokAyAEQQ",
	"J0QYCcCGoiBCAEKAIAQQFqNgIAIABBAWoFIAhFBEAgAEEDIAUgBhACIQIgAEH//wFxQQJ0QbDOGGojBSAAaigCACIEQbHz3fF5bEERdkECdEGw",
	"zghqIggoAgA2AgAgCCAAQQFqIgg2AgAgBEGA4ua7A2xBEXZBAnRBsM4QaiAINgIAC0EAIQggAkEDSQR/IwMjBSAAai0AACIENgIAIwNBBGokAy",
	"AEQQJ0QYCcCGoiBCAEKAIAQQFqNgIAIABBAWoFIwchCkEAIQQgAiAHSSAAQQFqIgsgAUlxBEAgCyACIAVBAnYgBSACQQhPGyAGEAIhBCALQf//",
	"AXFBAnRBsM4YaiALIwVqKAIAIgxBsfPd8XlsQRF2QQJ0QbDOCGoiCSgCADYCACAJIAtBAWoiCTYCACAMQYDi5rsDbEERdkECdEGwzhBqIAk2Ag",
	"ALIAIgBEkEfyMDIwUgAGotAAAiAjYCACMDQQRqJAMgAkECdEGAnAhqIgIgAigCAEEBajYCACAEIQJBASEIIABBAWoFIwMgAiAKQRB0cjYCACMD",
	"QQRqJAMgAkECdEGAvghqKAIAQf//A3FBAnRBgJwIaiIEIAQoAgBBAWo2AgAgCkEBayIEQQRPBH9BHiAEZ2siCUEBdCAEIAl2agUgBAtBAnRBoL",
	"AIaiIEIAQoAgBBAWo2AgAgACACaiIEIAEgASAESxshCSAAQQJqIABBAWoiBCACIAdJIAEgBEtxGyEEA0AgBCAJSQRAIARB//8BcUECdEGwzhhq",
	"IwUgBGooAgAiCkGx893xeWxBEXZBAnRBsM4IaiILKAIANgIAIAsgBEEBaiIENgIAIApBgOLmuwNsQRF2QQJ0QbDOEGogBDYCAAwBCwsgACACag",
	"sLCyIAIwZGIwNBwJsIT3IEQCMFIANqIAAgA2sQA0HAGyQDQYCcCEEAQYAJ/AsAQaCwCEEAQYAB/AsAIAAhAwsMAQsLC6cGAgh/AX4gACECQcAb",
	"JANBgJwIQQBBgAn8CwBBoLAIQQBBgAH8CwADQCAAIwZJBEAgACABTwRAIAAiBEEBaiEAIwMjBSAEai0AACIENgIAIwNBBGokAyAEQQJ0QYCcCG",
	"oiBCAEKAIAQQFqNgIABSMFIABqKAIAIgRBsfPd8XlsQRF2QQJ0QbDOCGoiBSgCAEEBayEHIAUgAEEBajYCACAAIAdrQYCAAk0gACAHS3EEfyMF",
	"IAdqKAIAIARGBUEACwRAIwMgACAHayIIQRB0IQZBggIjBiAAayIDIANBggJLGyEJQQQhAwJAA0AgA0EIaiIEIAlNBEAgAyMFIAdqIANqKQMAIw",
	"UgAGogA2opAwCFIgp6QgOIp2ohAyAKQgBSDQIgBCEDDAELCwNAIAMgCUkEfyMFIAdqIANqLQAAIwUgAGogA2otAABGBUEACwRAIANBAWohAwwB",
	"CwsLIAMgBnI2AgAjA0EEaiQDIANBAnRBgL4IaigCAEH//wNxQQJ0QYCcCGoiBCAEKAIAQQFqNgIAIAhBAWsiBEEETwR/QR4gBGdrIgVBAXQgBC",
	"AFdmoFIAQLQQJ0QaCwCGoiBCAEKAIAQQFqNgIAIAAgA2oiAyABSQRAIwUgAGooAgFBsfPd8XlsQRF2QQJ0QbDOCGogAEECajYCACMFIANqIgBB",
	"AmsoAgBBsfPd8XlsQRF2QQJ0QbDOCGogA0EBazYCACAAQQFrKAIAQbHz3fF5bEERdkECdEGwzghqIAM2AgALIAMhAEEAIQMFIwMgBEH/AXEiBD",
	"YCACMDQQRqJAMgBEECdEGAnAhqIgQgBCgCAEEBajYCACAAQQFqIQBBECADQQFqIgNBB3YiBCAEQRBPGyEFA0AgACABSSAFQQFLcSMDQcCbCElx",
	"BEAgACIEQQFqIQAjAyMFIARqLQAAIgQ2AgAjA0EEaiQDIARBAnRBgJwIaiIEIAQoAgBBAWo2AgAgBUEBayEFDAELCwsLIAAjBkYjA0HAmwhPcg",
	"RAIwUgAmogACACaxADQcAbJANBgJwIQQBBgAn8CwBBoLAIQQBBgAH8CwAgACECCwwBCwsLngQBBX9BngIhAANAIABBgQJLBH8gAEH/pAhqLQAA",
	"BUEBC0UEQCAAQQFrIQAMAQsLQR4hAQNAIAFBAUsEfyABQZ+xCGotAAAFQQELRQRAIAFBAWshAQwBCwsgACAAIAFqEAshA0HAsghBkLMIQbCzCE",
	"ETQQcQAEETIQIDQCACQQRLBH8gAkGbzghqLQAAQZCzCGotAAAFQQELRQRAIAJBAWshAgwBCwsjAUIEIwKthoQkASMCQQNqJAIjASAAQYECa60j",
	"Aq2GhCQBIwJBBWokAiMBIAFBAWutIwKthoQkASMCQQVqJAIjASACQQRrrSMCrYaEJAEjAkEEaiQCIwAjATcDACMAIwJBA3ZqJAAjASMCQThxrY",
	"gkASMCQQdxJAJBACEAA0AgACACSQRAIwEgAEGczghqLQAAQZCzCGoxAAAjAq2GhCQBIwJBA2okAiMAIwE3AwAjACMCQQN2aiQAIwEjAkE4ca2I",
	"JAEjAkEHcSQCIABBAWohAAwBCwtBACEAA0AgACADSQRAIABBAnRBgLQIaigCACICQf8BcSIBQZCzCGotAAAhBCMBIAFBAnRBsLMIajUCACMCrY",
	"aEJAEjAiAEaiQCIwEgAkEIdq0jAq2GhCQBIAFBEEkEf0EABUEHIAFBDmsgAUESRhsLIwJqJAIjACMBNwMAIwAjAkEDdmokACMBIwJBOHGtiCQB",
	"IwJBB3EkAiAAQQFqIQAMAQsLC5wDAQd/QcCyCEEAQcwA/AsAA0AgASAFSwRAIAVBgKUIaiAFQaCxCGogAGsgACAFSxstAAAhBEEBIQIDQCACIA",
	"VqIgYgAUkEfyAEIAZBgKUIaiAGQaCxCGogAGsgACAGSxstAABGBUEACwRAIAJBAWohAgwBCwsgAiAFaiEFIAQEQCADQQJ0QYC0CGogBDYCACAE",
	"QQJ0QcCyCGoiBiAGKAIAQQFqNgIAIANBAWohAyACQQFrIQILQQZBigEgBBshCANAIAJBA08EQCACIAggAiAISRshByAEBH8gA0ECdEGAtAhqIA",
	"dBA2tBCHRBEHI2AgBBEAUgB0ELSQR/IANBAnRBgLQIaiAHQQNrQQh0QRFyNgIAQREFIANBAnRBgLQIaiAHQQtrQQh0QRJyNgIAQRILC0ECdEHA",
	"sghqIgYgBigCAEEBajYCACADQQFqIQMgAiAHayECDAELCwNAIAIEQCADQQJ0QYC0CGogBDYCACAEQQJ0QcCyCGoiBiAGKAIAQQFqNgIAIANBAW",
	"ohAyACQQFrIQIMAQsLDAELCyADCwsbAQBBnM4ICxMQERIACAcJBgoFCwQMAw0CDgEP"
].join("");
// src/compress/deflater.ts
/**
* The program of wasm/, for any number of deflaters. It is ours, since the zlib of Node gives other bytes on other
* processors and in other versions (its fast paths hash with the processor's own instructions), and a digest must not.
*/
function deflateModule() {
	return new WebAssembly.Module(Buffer.from(DEFLATE_CODE, "base64"));
}
// src/compress/deflatepool.ts
/** Beside its sources, or in dist/ beside the entry that holds this code. */
const PROGRAM$1 = new URL(import.meta.url.endsWith(".ts") ? "./deflateworker.ts" : "./deflateworker.js", import.meta.url);
/** Of a program that makes next to no objects. */
const SMALL_HEAP = {
	maxYoungGenerationSizeMb: 1,
	maxOldGenerationSizeMb: 32
};
/** Threads that deflate pieces, each one piece at a time, in the order they are asked. */
var DeflatePool = class {
	appetite;
	#setup;
	#limit;
	#workers = /* @__PURE__ */ new Map();
	#waiting = [];
	#failure;
	/**
	* @param threads at most; each is started when there is work for it
	* @param pieceBytes of history and piece together, at most
	*/
	constructor(level, threads, pieceBytes) {
		this.#setup = {
			module: deflateModule(),
			level,
			pieceBytes
		};
		this.#limit = threads;
		this.appetite = 2 * threads + 1;
	}
	compress(piece) {
		const task = {
			piece,
			...Promise.withResolvers()
		};
		task.promise.catch(() => {});
		if (this.#failure !== void 0) task.reject(this.#failure);
		else {
			this.#waiting.push(task);
			this.#assign();
		}
		return task.promise;
	}
	async [Symbol.asyncDispose]() {
		this.#fail(/* @__PURE__ */ new Error("the compressors were ended"));
		await Promise.all([...this.#workers.keys()].map((worker) => worker.terminate()));
	}
	#assign() {
		const idle = [...this.#workers].find(([, task]) => task === void 0)?.[0];
		if (this.#waiting.length === 0 || idle === void 0 && this.#workers.size >= this.#limit) return;
		const worker = idle ?? this.#start();
		const task = this.#waiting.shift();
		if (task === void 0) return;
		this.#workers.set(worker, task);
		worker.postMessage(task.piece, [task.piece.buffer]);
	}
	#start() {
		const worker = new Worker(PROGRAM$1, {
			workerData: this.#setup,
			resourceLimits: SMALL_HEAP
		});
		worker.on("message", ({ buffer, length }) => {
			this.#workers.get(worker)?.resolve({
				buffer,
				compressed: new Uint8Array(buffer, 0, length)
			});
			this.#workers.set(worker, void 0);
			this.#assign();
		});
		worker.on("error", (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
		worker.on("exit", (code) => this.#fail(/* @__PURE__ */ new Error(`a compressor ended with ${code}`)));
		return worker;
	}
	#fail(error) {
		this.#failure ??= error;
		for (const task of [...this.#workers.values(), ...this.#waiting.splice(0)]) task?.reject(this.#failure);
	}
};
// src/compress/pieces.ts
/** Cuts a source into pieces of one size, in buffers that are used again; each piece stands behind what came before it. */
var PieceReader = class {
	/** Bytes so far. */
	count = 0;
	/** Of the bytes so far; RFC 1952, section 8. */
	crc = 0;
	#source;
	#pieceBytes;
	#tail;
	#free = [];
	#sums;
	/** @param history how many bytes before a piece stand in front of it, @param sums whether `crc` is kept */
	constructor(source, about) {
		this.#source = source;
		this.#pieceBytes = about.bytes;
		this.#tail = Buffer.alloc(about.history);
		this.#sums = about.sums;
	}
	/** @returns undefined at the end */
	async next() {
		const buffer = this.#free.pop() ?? new ArrayBuffer(this.#tail.length + this.#pieceBytes);
		const history = this.count === 0 ? 0 : this.#tail.length;
		this.#tail.copy(Buffer.from(buffer), 0, 0, history);
		const piece = Buffer.from(buffer, history, this.#pieceBytes);
		const length = await this.#source.fill(piece);
		if (length === 0) {
			this.reuse(buffer);
			return;
		}
		if (this.#sums) this.crc = crc32(piece.subarray(0, length), this.crc);
		this.count += length;
		if (length >= this.#tail.length) piece.copy(this.#tail, 0, length - this.#tail.length, length);
		return {
			buffer,
			history,
			length: history + length
		};
	}
	/** Takes a buffer back, when what was compressed into it is not needed any more. */
	reuse(buffer) {
		this.#free.push(buffer);
	}
	/** Gives the memory back at once: a job writes several disks, and the next would begin before the collector comes. */
	[Symbol.dispose]() {
		for (const buffer of this.#free.splice(0)) buffer.transfer(0);
	}
};
/** Pieces of nothing but zeros, of which a sparse disk has many: compressed once, without what came before them. */
var ZeroPieces = class {
	#compressor;
	#zeros;
	#compressed;
	constructor(compressor, pieceBytes) {
		this.#compressor = compressor;
		this.#zeros = Buffer.alloc(pieceBytes);
	}
	/** The compressed piece, or undefined where it is no whole piece of zeros. */
	compressed({ buffer, history, length }) {
		if (length - history !== this.#zeros.length || !this.#zeros.equals(Buffer.from(buffer, history, length - history))) return;
		this.#compressed ??= this.#compressZeros();
		return this.#compressed;
	}
	#compressZeros() {
		const { length } = this.#zeros;
		const compressed = this.#compressor.compress({
			buffer: new ArrayBuffer(length),
			history: 0,
			length
		}).then((answer) => {
			const kept = new Uint8Array(answer.compressed);
			for (const spent of [answer.buffer, answer.own]) spent?.transfer(0);
			return kept;
		});
		compressed.catch(() => {});
		return compressed;
	}
	[Symbol.dispose]() {
		this.#zeros.buffer.transfer(0);
	}
};
// src/compress/zstdcompressor.ts
/** Node has four threads for such work and for reading files, of which one is left for that. */
const MOST_THREADS$1 = 3;
/**
* Half of what zstd has for level 3 (clevels.h): tables that stay in the cache of a processor, also where all of them
* compress and hash. A sixth less of their time for 1.2 % more bytes, in frames so large no more than `zstd -3 -T0` writes.
*/
const SMALL_TABLES = {
	[constants$2.ZSTD_c_hashLog]: 16,
	[constants$2.ZSTD_c_chainLog]: 15
};
/**
* Each piece becomes a frame with a checksum, in threads that Node has anyway: workers of our own would take twice the
* memory.
*/
var ZstdCompressor = class {
	appetite;
	#level;
	#limit;
	#waiting = [];
	#running = 0;
	constructor(level, threads) {
		this.#level = level;
		this.#limit = Math.min(MOST_THREADS$1, threads);
		this.appetite = this.#limit + 2;
	}
	async compress(piece) {
		if (this.#running === this.#limit) await new Promise((resolve) => this.#waiting.push(resolve));
		else this.#running += 1;
		try {
			return await this.#frame(piece);
		} finally {
			const next = this.#waiting.shift();
			if (next === void 0) this.#running -= 1;
			else next();
		}
	}
	async #frame({ buffer, history, length }) {
		const bytes = new Uint8Array(buffer, history, length - history);
		const params = {
			[constants$2.ZSTD_c_compressionLevel]: this.#level,
			[constants$2.ZSTD_c_checksumFlag]: 1,
			...this.#level === 3 ? SMALL_TABLES : {}
		};
		const chunkSize = bytes.length + Math.ceil(bytes.length / 128) + 1024;
		const flush = constants$2.ZSTD_e_end;
		const stream = createZstdCompress({
			params,
			pledgedSrcSize: bytes.length,
			chunkSize,
			flush
		});
		try {
			const compressed = await new Promise((resolve, reject) => {
				stream.once("error", reject);
				stream.once("data", resolve);
				stream.write(bytes);
			});
			return {
				buffer,
				compressed,
				...compressed.buffer.byteLength > Buffer.poolSize ? { own: compressed.buffer } : {}
			};
		} finally {
			stream.destroy();
		}
	}
	async [Symbol.asyncDispose]() {}
};
// src/compress/stream.ts
const MIB = 1048576;
/** One thread reads and hashes for all of them, so more would wait; and each takes 14 MB, of 200 for the whole program. */
const MOST_THREADS = 6;
/**
* Pieces are compressed apart, so their size is part of what the result is, and the number of threads is not. gzip's see
* what came before them. zstd's are frames of their own, so large that together they are no longer than what `zstd -T0` writes.
*/
const PIECES = {
	gzip: {
		bytes: MIB,
		history: 32768
	},
	zstd: {
		bytes: 8 * MIB,
		history: 0
	}
};
/** No name, no time, no system: RFC 1952, section 2.3. */
const GZIP_HEADER = Buffer.from("1f8b08000000000000ff", "hex");
/** An empty last block with fixed codes: RFC 1951, section 3.2.6. */
const LAST_BLOCK = Buffer.from("0300", "hex");
/**
* The bytes of a source compressed by several threads: one gzip member, or zstd frames. The same bytes give the same
* result for any number of threads. What is given lasts until the next is asked for.
*
* @param options.threads at least 1; as many as the machine has processors, at most six, where left out
* @throws what the source throws; AbortError after `signal`
*/
async function* compressed(source, method, options) {
	const { threads = Math.min(MOST_THREADS, availableParallelism()) } = options;
	const isGzip = method.algorithm === "gzip";
	const { bytes, history } = PIECES[method.algorithm];
	await using compressor = isGzip ? new DeflatePool(method.level, threads, history + bytes) : new ZstdCompressor(method.level, threads);
	using pieces = new PieceReader(source, {
		bytes,
		history,
		sums: isGzip
	});
	if (isGzip) yield GZIP_HEADER;
	using zeros = new ZeroPieces(compressor, bytes);
	yield* compressedPieces(pieces, zeros, compressor, options.signal);
	if (isGzip) yield Buffer.concat([
		LAST_BLOCK,
		littleEndian(pieces.crc),
		littleEndian(pieces.count % 2 ** 32)
	]);
	else if (pieces.count === 0) yield (await compressor.compress({
		buffer: /* @__PURE__ */ new ArrayBuffer(0),
		history: 0,
		length: 0
	})).compressed;
}
async function* compressedPieces(pieces, zeros, compressor, signal) {
	const underWay = [];
	for (let ended = false;;) {
		while (!ended && underWay.length < compressor.appetite) {
			signal?.throwIfAborted();
			const piece = await pieces.next();
			if (piece === void 0) {
				ended = true;
				continue;
			}
			const zero = zeros.compressed(piece);
			if (zero !== void 0) pieces.reuse(piece.buffer);
			const compressing = zero?.then((compressed) => ({ compressed })) ?? compressor.compress(piece);
			compressing.catch(() => {});
			underWay.push(compressing);
		}
		const next = underWay.shift();
		if (next === void 0) return;
		const { buffer, compressed, own } = await next;
		yield compressed;
		own?.transfer(0);
		if (buffer !== void 0) pieces.reuse(buffer);
	}
}
function littleEndian(value) {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}
// src/json.ts
/** Whether what `JSON.parse` gave is an object, and no list. */
function isJsonObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
// src/oci/digest.ts
const DIGEST = /^sha256:[a-f0-9]{64}$/;
const READ_BYTES$2 = 1048576;
/**
* Whether a text is `sha256:` and 64 lower-case hexadecimal digits: safe in paths and addresses (CVE-2024-3727 came from
* using it unchecked).
*/
function isDigest(text) {
	return DIGEST.test(text);
}
/** The 64 hexadecimal digits: the name of a blob's file in a layout. */
function digestHex(digest) {
	return digest.slice(7);
}
function digestOf(bytes) {
	return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
/** Reads a whole file once. Errors of the file system are passed on. */
async function fileDigest(path) {
	const hash = createHash("sha256");
	let sizeBytes = 0;
	for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES$2 })) {
		hash.update(chunk);
		sizeBytes += chunk.length;
	}
	return {
		digest: `sha256:${hash.digest("hex")}`,
		sizeBytes
	};
}
/** The chunks as they come, hashed on the way. */
async function* hashedChunks(chunks, hash) {
	for await (const chunk of chunks) {
		hash.update(chunk);
		yield chunk;
	}
}
// src/oci/jsonnames.ts
/**
* A name that stands twice in one object of a JSON text, if there is one. Readers differ in which of them counts, and
* Go's decoder, which podman, docker and skopeo read documents with, puts both together (RFC 8259 section 4).
*
* @param text valid JSON
*/
function repeatedName(text) {
	const open = [];
	for (let at = 0; at < text.length; at++) {
		const sign = text[at];
		if (sign === "{") open.push(/* @__PURE__ */ new Set());
		else if (sign === "[") open.push(void 0);
		else if (sign === "}" || sign === "]") open.pop();
		else if (sign === "\"") {
			const end = stringEnd(text, at);
			const names = open.at(-1);
			if (names !== void 0 && isName(text, end)) {
				const name = String(JSON.parse(text.slice(at, end)));
				if (names.has(name)) return name;
				names.add(name);
			}
			at = end - 1;
		}
	}
}
/**
* Names of an object that are one of `known` but for their case, which Go's decoder takes for it (encoding/json,
* `Unmarshal`), as it does with the two letters that fold to `k` and `s`.
*/
function miswrittenNames(value, known) {
	const folded = new Map(known.map((name) => [name.toLowerCase(), name]));
	return Object.keys(value).filter((name) => {
		const meant = folded.get(name.toUpperCase().toLowerCase());
		return meant !== void 0 && meant !== name;
	});
}
/** Behind the closing quote of the string that begins at `start`. */
function stringEnd(text, start) {
	for (let at = start + 1; at < text.length; at++) if (text[at] === "\\") at++;
	else if (text[at] === "\"") return at + 1;
	return text.length;
}
function isName(text, end) {
	let at = end;
	while (/[ \t\r\n]/.test(text[at] ?? "")) at++;
	return text[at] === ":";
}
// src/oci/document.ts
/** What registries must at least take, and the limit of the distribution registry; distribution-spec, "Pushing Manifests". */
const DOCUMENT_LIMIT_BYTES = 4194304;
const DEPTH_LIMIT$3 = 64;
/**
* The JSON object in a manifest, index or config that others wrote.
*
* @param subject names the document in the error: `the manifest of ghcr.io/acme/x`
* @throws ImageError when it is larger than 4 MiB, nested deeper than 64, not UTF-8, not JSON, not an object, or
*   has a name twice in one object
*/
function parseDocument$2(bytes, subject) {
	if (bytes.length > 4194304) throw new ImageError("image-document", subject, [`it has ${bytes.length} bytes, more than 4 MiB`]);
	if (depthOf(bytes) > DEPTH_LIMIT$3) throw new ImageError("image-document", subject, [`its JSON is nested deeper than ${DEPTH_LIMIT$3}`]);
	const { value, text } = parsedJson(bytes, subject);
	if (!isJsonObject(value)) throw new ImageError("image-document", subject, ["it is not a JSON object"]);
	const twice = repeatedName(text);
	if (twice !== void 0) throw new ImageError("image-document", subject, [`it has ${JSON.stringify(twice)} twice in one object`]);
	return value;
}
/** Compact JSON in UTF-8, keys in the order of the value: the same value gives the same bytes. */
function documentBytes(value) {
	return Buffer.from(JSON.stringify(value), "utf8");
}
/** A mapping with its keys in byte order, as Go's encoder writes maps, so that the order of the input changes no digest. */
function sortedRecord(entries) {
	return Object.fromEntries([...entries].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}
function parsedJson(bytes, subject) {
	try {
		const text = new TextDecoder("utf-8", {
			fatal: true,
			ignoreBOM: true
		}).decode(bytes);
		return {
			value: JSON.parse(text),
			text
		};
	} catch (error) {
		throw new ImageError("image-document", subject, [`it is not JSON in UTF-8 (${`${error instanceof Error ? error.message : error}`.replaceAll(/\s+/g, " ")})`]);
	}
}
const QUOTE = 34;
const BACKSLASH = 92;
const OPENING = /* @__PURE__ */ new Set([91, 123]);
const CLOSING = /* @__PURE__ */ new Set([93, 125]);
function depthOf(bytes) {
	let depth = 0;
	let deepest = 0;
	let inString = false;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at] ?? 0;
		if (inString) {
			if (byte === BACKSLASH) at++;
			else if (byte === QUOTE) inString = false;
		} else if (byte === QUOTE) inString = true;
		else if (OPENING.has(byte)) deepest = Math.max(deepest, ++depth);
		else if (CLOSING.has(byte)) depth--;
	}
	return deepest;
}
// src/oci/descriptor.ts
/** RFC 6838 section 4.2, as the image-spec asks for. */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
const MEMBERS$2 = [
	"mediaType",
	"digest",
	"size",
	"urls",
	"annotations",
	"data",
	"platform",
	"artifactType"
];
/** What is wrong with a parsed descriptor, each line led by `where`; empty when `descriptorFrom` may take it. */
function descriptorViolations(value, where) {
	if (!isJsonObject(value)) return [`${where} is not a descriptor`];
	const violations = miswrittenNames(value, MEMBERS$2).map((name) => `${where} has ${name}, written in another case`);
	if (typeof value["mediaType"] !== "string" || !MEDIA_TYPE.test(value["mediaType"])) violations.push(`${where} has no valid mediaType`);
	if (typeof value["digest"] !== "string" || !isDigest(value["digest"])) violations.push(`${where} has no sha256 digest`);
	if (!Number.isSafeInteger(value["size"]) || value["size"] < 0) violations.push(`${where} has no size in bytes`);
	if (value["urls"] !== void 0) violations.push(`${where} has urls: content that is not in the registry is never fetched`);
	if (value["artifactType"] !== void 0 && typeof value["artifactType"] !== "string") violations.push(`${where} has an artifactType that is no text`);
	violations.push(...annotationViolations(value["annotations"], where), ...platformViolations$2(value["platform"], where));
	return violations;
}
/** The known members of a descriptor without violations, in the order the specification lists them. */
function descriptorFrom(value) {
	const { mediaType, digest, size, annotations, platform, artifactType } = value;
	return {
		mediaType,
		digest,
		size,
		...annotations === void 0 ? {} : { annotations },
		...platform === void 0 ? {} : { platform },
		...artifactType === void 0 ? {} : { artifactType }
	};
}
/** The annotations member of a document or descriptor: sorted, and none where there are no annotations. */
function annotationsMember(annotations) {
	const entries = Object.entries(annotations);
	return entries.length === 0 ? {} : { annotations: sortedRecord(entries) };
}
/** What is wrong with an annotations member, which may be absent; image-spec annotations.md. */
function annotationViolations(value, where) {
	if (value === void 0) return [];
	return isJsonObject(value) && Object.values(value).every((text) => typeof text === "string") ? [] : [`${where} has annotations that are no mapping of texts`];
}
function platformViolations$2(value, where) {
	if (value === void 0) return [];
	return isJsonObject(value) && typeof value["os"] === "string" && typeof value["architecture"] === "string" && ["undefined", "string"].includes(typeof value["variant"]) ? [] : [`${where} has a platform without os and architecture`];
}
// src/oci/manifest.ts
/** image-spec media-types.md; distribution docs, image manifest v2 schema 2. */
const mediaTypes = {
	manifest: "application/vnd.oci.image.manifest.v1+json",
	index: "application/vnd.oci.image.index.v1+json",
	config: "application/vnd.oci.image.config.v1+json",
	layer: "application/vnd.oci.image.layer.v1.tar",
	layerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
	layerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
	dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
	dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
	dockerConfig: "application/vnd.docker.container.image.v1+json",
	dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
	dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
	dockerLayerZstd: "application/vnd.docker.image.rootfs.diff.tar.zstd"
};
const MEMBERS$1 = [
	"schemaVersion",
	"mediaType",
	"artifactType",
	"config",
	"layers",
	"subject",
	"annotations"
];
/** Members of an index, of a list and of schema 1: c/image internal/manifest/common.go refuses them too (CVE-2021-41190). */
const FOREIGN_MEMBERS$1 = [
	"manifests",
	"fsLayers",
	"history"
];
/** Media types of layers that stay the same bytes under OCI's name. */
const OCI_LAYER_TYPES = /* @__PURE__ */ new Map([
	[mediaTypes.layer, mediaTypes.layer],
	[mediaTypes.layerGzip, mediaTypes.layerGzip],
	[mediaTypes.layerZstd, mediaTypes.layerZstd],
	[mediaTypes.dockerLayer, mediaTypes.layer],
	[mediaTypes.dockerLayerGzip, mediaTypes.layerGzip],
	[mediaTypes.dockerLayerZstd, mediaTypes.layerZstd]
]);
/**
* The manifest of an image in the bytes that others wrote.
*
* @param expectedMediaType what the registry or the descriptor called it; left out, the manifest's own word counts
* @param subject names it in the error: `the manifest of ghcr.io/acme/x`
* @throws ImageError with all violations: over 4 MiB or 500 layers, deep JSON, no sha256 digests, a media type that
*   contradicts `expectedMediaType`, members of an index beside those of a manifest, `urls`
*/
function parseManifest(bytes, expectedMediaType, subject = "the manifest") {
	const document = parseDocument$2(bytes, subject);
	const violations = manifestViolations(document, expectedMediaType);
	if (violations.length > 0) throw new ImageError("image-invalid", subject, violations);
	const { artifactType, annotations, subject: referred } = document;
	return {
		schemaVersion: 2,
		mediaType: mediaTypeOf(document, expectedMediaType) ?? mediaTypes.manifest,
		...artifactType === void 0 ? {} : { artifactType },
		config: descriptorFrom(document["config"]),
		layers: document["layers"].map(descriptorFrom),
		...referred === void 0 ? {} : { subject: descriptorFrom(referred) },
		...annotations === void 0 ? {} : { annotations }
	};
}
/**
* The same image with OCI's media types: Docker's are mapped, blobs and their digests stay.
*
* @throws ImageError when it is an artifact and no image, or has a layer that cannot be in an OCI image of ours:
*   foreign or non-distributable ones, encrypted ones, unknown types
*/
function ociManifestFrom(manifest, subject = "the manifest") {
	const violations = [];
	if (manifest.config.mediaType !== mediaTypes.config && manifest.config.mediaType !== mediaTypes.dockerConfig) violations.push(`it is an artifact (config ${manifest.config.mediaType}), not a container image`);
	const layers = manifest.layers.map((layer, position) => {
		const mediaType = OCI_LAYER_TYPES.get(layer.mediaType);
		if (mediaType === void 0) violations.push(layerRefusal(layer.mediaType, position + 1));
		return {
			...layer,
			mediaType: mediaType ?? layer.mediaType
		};
	});
	if (violations.length > 0) throw new ImageError("image-invalid", subject, violations);
	const config = {
		...manifest.config,
		mediaType: mediaTypes.config
	};
	return {
		...manifest,
		mediaType: mediaTypes.manifest,
		config,
		layers
	};
}
/** The media type a document claims, else the one it was announced with. */
function mediaTypeOf(document, announced) {
	return typeof document["mediaType"] === "string" ? document["mediaType"] : announced;
}
/** What is wrong with the mediaType member of a manifest or an index. */
function mediaTypeViolations(document, announced, accepted) {
	const own = document["mediaType"];
	if (own !== void 0 && typeof own !== "string") return ["its mediaType is no text"];
	if (own !== void 0 && announced !== void 0 && own !== announced) return [`its mediaType is ${own}, but it was announced as ${announced}`];
	const mediaType = own ?? announced;
	if (mediaType !== void 0 && !accepted.includes(mediaType)) return [`its media type ${mediaType} is not supported`];
	return [];
}
function manifestViolations(document, announced) {
	const { layers, subject } = document;
	const violations = [
		...document["schemaVersion"] === 2 ? [] : ["its schemaVersion is not 2"],
		...mediaTypeViolations(document, announced, [mediaTypes.manifest, mediaTypes.dockerManifest]),
		...FOREIGN_MEMBERS$1.filter((member) => member in document).map((member) => `it has ${member}, which no manifest has`),
		...miswrittenNames(document, MEMBERS$1).map((name) => `it has ${name}, written in another case`),
		...artifactTypeViolations(document),
		...descriptorViolations(document["config"], "its config"),
		...annotationViolations(document["annotations"], "it"),
		...subject === void 0 ? [] : descriptorViolations(subject, "its subject")
	];
	if (!Array.isArray(layers)) return [...violations, "it has no layers"];
	if (layers.length > 500) return [...violations, `it has ${layers.length} layers, more than 500`];
	return [
		...violations,
		...layers.flatMap((layer, position) => layerViolations(layer, `layer ${position + 1}`)),
		...sizeViolations([document["config"], ...layers].filter(isJsonObject))
	];
}
/** What is wrong with the artifactType member of a manifest or an index. */
function artifactTypeViolations(document) {
	return ["undefined", "string"].includes(typeof document["artifactType"]) ? [] : ["its artifactType is no text"];
}
/** One digest has one size: of two only one is looked at where a blob is fetched once. */
function sizeViolations(descriptors) {
	return [...Map.groupBy(descriptors, ({ digest }) => digest)].flatMap(([digest, same]) => new Set(same.map(({ size }) => size)).size > 1 ? [`it says several sizes of ${digest}`] : []);
}
function layerViolations(layer, where) {
	if (isJsonObject(layer) && typeof layer["mediaType"] === "string" && isForeign(layer["mediaType"])) return [foreignText(where)];
	return descriptorViolations(layer, where);
}
function layerRefusal(mediaType, position) {
	if (isForeign(mediaType)) return foreignText(`layer ${position}`);
	return `layer ${position} has the media type ${mediaType}, which is no layer of a container image`;
}
function isForeign(mediaType) {
	return mediaType.includes(".foreign.") || mediaType.includes(".nondistributable.");
}
function foreignText(where) {
	return `${where} is a foreign layer, which must not be distributed: choose another base`;
}
// src/oci/packing/compression.ts
/** gzip(1) and zstd(1) without --ultra. gzip's default takes a third of the time of pigz -6 for a tenth more bytes. */
const LEVELS = {
	gzip: {
		lowest: 1,
		highest: 9,
		default: 1
	},
	zstd: {
		lowest: 1,
		highest: 19,
		default: 3
	}
};
/**
* The compression that `gzip`, `zstd` or `none`, optionally `:LEVEL`, asks for.
*
* @returns the compression, or one sentence with the problem and what to write
*/
function parseCompression(text) {
	const colon = text.indexOf(":");
	const algorithm = colon < 0 ? text : text.slice(0, colon);
	const level = colon < 0 ? void 0 : text.slice(colon + 1);
	if (algorithm !== "gzip" && algorithm !== "zstd" && algorithm !== "none") return `${JSON.stringify(text)} is not a compression: write gzip, zstd or none, or gzip:LEVEL or zstd:LEVEL`;
	if (level === void 0) return { algorithm };
	if (algorithm === "none") return "none takes no level: write none";
	const { lowest, highest } = LEVELS[algorithm];
	const number = /^[0-9]{1,2}$/.test(level) ? Number(level) : NaN;
	if (!(number >= lowest && number <= highest)) return `${JSON.stringify(level)} is not a level of ${algorithm}: write a number from ${lowest} to ${highest}`;
	return {
		algorithm,
		level: number
	};
}
/** Media type of a layer so compressed; image-spec layer.md. */
function layerMediaType(compression) {
	return {
		gzip: mediaTypes.layerGzip,
		zstd: mediaTypes.layerZstd,
		none: mediaTypes.layer
	}[compression.algorithm];
}
/** How the compression is done; undefined for none. */
function methodOf({ algorithm, level }) {
	return algorithm === "none" ? void 0 : {
		algorithm,
		level: level ?? LEVELS[algorithm].default
	};
}
/** Bytes that come as a stream, compressed; the same bytes on every machine. */
async function* compressedChunks(chunks, compression, signal) {
	const method = methodOf(compression);
	if (method === void 0) {
		yield* chunks;
		return;
	}
	const packed = compressed(chunkSource(chunks), method, signal === void 0 ? {} : { signal });
	for await (const chunk of packed) yield new Uint8Array(chunk);
}
// src/oci/epoch.ts
/** The last second of the year 9999: RFC 3339 has no later one. */
const LAST_SECOND = 253402300799;
/** Why a number cannot be the time of an image, as one sentence; undefined when it can. */
function epochProblem(epochSeconds) {
	if (Number.isInteger(epochSeconds) && epochSeconds >= 0 && epochSeconds <= LAST_SECOND) return void 0;
	return `the time ${epochSeconds} is not a whole number of seconds since 1970`;
}
/**
* Seconds since 1970 as image-spec's dates: `2026-01-02T03:04:05Z`.
*
* @throws RangeError when `epochProblem` has one
*/
function rfc3339(epochSeconds) {
	const problem = epochProblem(epochSeconds);
	if (problem !== void 0) throw new RangeError(problem);
	return (/* @__PURE__ */ new Date(epochSeconds * 1e3)).toISOString().replace(".000Z", "Z");
}
// src/oci/tar/tar.ts
const BLOCK_BYTES$3 = 512;
/** POSIX.1 pax, ustar interchange format: the numbers are octal digits and a NUL. */
const NAME_BYTES$1 = 100;
const PREFIX_BYTES = 155;
const OCTAL_11_LIMIT = 8 ** 11;
/** The user and group qemu of KubeVirt; kubevirt docs/container-register-disks.md, pkg/util/util.go. */
const QEMU = 107;
/** Why a path cannot be the disk's in the image, as one sentence; undefined when it can. */
function diskPathProblem(path) {
	if (!path.startsWith("/")) return "the path is not absolute: start it with /";
	if (/\p{Cc}/u.test(path)) return "the path holds a control character: write it without";
	const parts = path.slice(1).split("/");
	if (parts.at(-1) === "") return "the path ends with /: add the name of the file";
	if (parts.includes("..") || parts.includes(".")) return "the path holds . or ..: write it without them";
	if (parts.some((part) => Buffer.byteLength(part) > 255)) return "the path holds a name of more than 255 bytes, which no file system takes";
	if (parts.includes("")) return "the path holds //: write it with single ones";
	if (parts.some((part) => part.startsWith(".wh."))) return "the path holds a name that starts with .wh., which deletes files";
}
/**
* The entries of a layer with one disk, the file last.
*
* In `/disk/` they follow KubeVirt's containerDisk: folder 0555, file 0444, both owned by 107:107. Folders elsewhere are
* root's, and only there when nothing lies below: on a base an entry would change the base's own folder, and what
* unpacks a layer makes missing ones. Where nothing lies below there is a `/usr` too, empty: cfsctl 0.9.4 pulls no image
* without ("Directory entry "usr" does not exist").
*
* @param path absolute path of the disk in the image
* @throws ImageError when `diskPathProblem` has one; RangeError when `epochProblem` has one for the time
*/
function diskEntries(path, facts) {
	const problem = diskPathProblem(path);
	if (problem !== void 0) throw new ImageError("image-invalid", `an image with the disk at ${path}`, [problem]);
	const { sizeBytes, mtimeSeconds, hasBase } = facts;
	const timeProblem = epochProblem(mtimeSeconds);
	if (timeProblem !== void 0) throw new RangeError(timeProblem);
	const parts = path.slice(1).split("/");
	const above = parts.slice(0, -1).map((_, depth) => parts.slice(0, depth + 1).join("/"));
	const isContainerDisk = parts.length === 2 && parts[0] === "disk";
	const folders = [...hasBase || parts[0] === "usr" ? [] : ["usr"], ...isContainerDisk || !hasBase ? above : []];
	const qemu = {
		uid: QEMU,
		gid: QEMU
	};
	const ofFolder = (folder) => isContainerDisk && folder === "disk" ? {
		mode: 365,
		...qemu
	} : {
		mode: 493,
		uid: 0,
		gid: 0
	};
	return [...folders.map((folder) => ({
		kind: "directory",
		path: folder,
		sizeBytes: 0,
		mtimeSeconds,
		...ofFolder(folder)
	})), {
		kind: "file",
		path: parts.join("/"),
		mode: 292,
		sizeBytes,
		mtimeSeconds,
		...qemu
	}];
}
/** The header blocks of an entry: ustar, led by a pax extended header for what ustar cannot say. */
function tarHeader(entry) {
	const path = entry.kind === "directory" ? `${entry.path}/` : entry.path;
	const split = isAscii(path) ? splitPath(path) : void 0;
	const records = [
		...split === void 0 ? [paxRecord("path", path)] : [],
		...entry.sizeBytes < OCTAL_11_LIMIT ? [] : [paxRecord("size", `${entry.sizeBytes}`)],
		...entry.mtimeSeconds < OCTAL_11_LIMIT ? [] : [paxRecord("mtime", `${entry.mtimeSeconds}`)]
	];
	const own = ustarBlock({
		...entry,
		typeflag: entry.kind === "directory" ? "5" : "0",
		...split ?? {
			name: asciiStandIn(path),
			prefix: ""
		}
	});
	return records.length === 0 ? own : Buffer.concat([paxHeader(entry, Buffer.concat(records)), own]);
}
/** What follows content of this size up to the next block. */
function tarPadding(sizeBytes) {
	return Buffer.alloc((BLOCK_BYTES$3 - sizeBytes % BLOCK_BYTES$3) % BLOCK_BYTES$3);
}
/** The end of an archive. */
function tarEnd() {
	return Buffer.alloc(2 * BLOCK_BYTES$3);
}
function ustarBlock(fields) {
	const block = Buffer.alloc(BLOCK_BYTES$3);
	block.write(fields.name, 0, NAME_BYTES$1, "latin1");
	block.write(octal$1(fields.mode, 7), 100, "latin1");
	block.write(octal$1(fields.uid, 7), 108, "latin1");
	block.write(octal$1(fields.gid, 7), 116, "latin1");
	block.write(octal$1(fields.sizeBytes, 11), 124, "latin1");
	block.write(octal$1(fields.mtimeSeconds, 11), 136, "latin1");
	block.write(" ".repeat(8), 148, "latin1");
	block.write(fields.typeflag, 156, "latin1");
	block.write("ustar\x0000", 257, "latin1");
	block.write(octal$1(0, 7), 329, "latin1");
	block.write(octal$1(0, 7), 337, "latin1");
	block.write(fields.prefix, 345, PREFIX_BYTES, "latin1");
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${octal$1(sum, 6)}\0 `, 148, "latin1");
	return block;
}
/** A number that the pax header gives instead stands as 0. */
function octal$1(value, digits) {
	return (value < 8 ** digits ? value : 0).toString(8).padStart(digits, "0");
}
function paxHeader(entry, records) {
	const header = ustarBlock({
		name: "PaxHeaders/disk",
		prefix: "",
		typeflag: "x",
		mode: 420,
		uid: 0,
		gid: 0,
		sizeBytes: records.length,
		mtimeSeconds: entry.mtimeSeconds
	});
	return Buffer.concat([
		header,
		records,
		tarPadding(records.length)
	]);
}
/** `LENGTH KEY=VALUE\n`, the length counting itself: POSIX.1 pax, extended header. */
function paxRecord(key, value) {
	const rest = Buffer.byteLength(` ${key}=${value}\n`);
	let length = rest + `${rest}`.length;
	length = rest + `${length}`.length;
	return Buffer.from(`${length} ${key}=${value}\n`, "utf8");
}
/** ustar's two fields, joined by a slash when read; undefined when the path does not fit. */
function splitPath(path) {
	if (path.length <= NAME_BYTES$1) return {
		name: path,
		prefix: ""
	};
	const slash = path.lastIndexOf("/", Math.min(PREFIX_BYTES, path.length - 2));
	const name = path.slice(slash + 1);
	return slash > 0 && name.length <= NAME_BYTES$1 ? {
		name,
		prefix: path.slice(0, slash)
	} : void 0;
}
function asciiStandIn(path) {
	return path.replaceAll(/[^\x20-\x7e]/g, "_").slice(0, NAME_BYTES$1);
}
function isAscii(text) {
	return /^[\x20-\x7e]*$/.test(text);
}
// src/oci/reference.ts
const DOCKER = "docker.io";
const REPOSITORY_LIMIT = 255;
const HOST_PART = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const REGISTRY$1 = new RegExp(`^(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`);
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const LAST_PORT = 65535;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const SCHEME = /^([a-z0-9+-]+):\/\//;
/**
* A reference as docker and skopeo read it: `alpine` is `docker.io/library/alpine`. No tag is added.
*
* @returns the reference, or one sentence with the problem and what to write
*/
function parseReference(text) {
	if (text === "") return "the reference is empty: write REGISTRY/REPOSITORY:TAG";
	if (/\s/.test(text)) return "a reference holds no spaces";
	const scheme = SCHEME.exec(text);
	if (scheme) return `write the reference without ${scheme[0]}: ${withoutLogin(text).slice(scheme[0].length)}`;
	const [named = "", digest, ...more] = text.split("@");
	if (digest !== void 0 && (more.length > 0 || !isDigest(digest))) return "the part after @ is not a digest: write sha256: and 64 lower-case hexadecimal digits";
	const { name, tag } = nameAndTag(named);
	if (tag !== void 0 && !TAG.test(tag)) return tagProblem$1(tag);
	const { registry, repository } = registryAndRepository(name);
	const problem = registryProblem(registry) ?? repositoryProblem$1(registry, repository, name);
	if (problem !== void 0) return problem;
	return {
		registry,
		repository,
		...tag === void 0 ? {} : { tag },
		...digest === void 0 ? {} : { digest }
	};
}
/** `registry/repository[:tag][@digest]` */
function referenceText(reference) {
	const tag = reference.tag === void 0 ? "" : `:${reference.tag}`;
	const digest = reference.digest === void 0 ? "" : `@${reference.digest}`;
	return `${repositoryText(reference)}${tag}${digest}`;
}
/** `registry/repository` */
function repositoryText({ registry, repository }) {
	return `${registry}/${repository}`;
}
function nameAndTag(text) {
	const colon = text.lastIndexOf(":");
	if (colon < 0 || colon < text.lastIndexOf("/")) return { name: text };
	return {
		name: text.slice(0, colon),
		tag: text.slice(colon + 1)
	};
}
/** Unlike docker, capitals do not make a host: whoever writes Acme/app means a repository. */
function isHost(first) {
	return /[.:]/.test(first) || first === "localhost";
}
function registryAndRepository(name) {
	const slash = name.indexOf("/");
	const first = name.slice(0, Math.max(slash, 0));
	const registry = isHost(first) ? first : DOCKER;
	const repository = isHost(first) ? name.slice(slash + 1) : name;
	if (registry !== DOCKER && registry !== `index.${DOCKER}`) return {
		registry,
		repository
	};
	return {
		registry: DOCKER,
		repository: repository.includes("/") ? repository : `library/${repository}`
	};
}
function registryProblem(registry) {
	if (!REGISTRY$1.test(registry)) return `${JSON.stringify(registry)} is not the name of a registry: write HOST or HOST:PORT`;
	if (Number(/:([0-9]+)$/.exec(registry)?.[1] ?? 1) > LAST_PORT) return `there is no port above ${LAST_PORT}: ${registry}`;
}
function repositoryProblem$1(registry, repository, name) {
	if (name === "" || repository === "" || repository === "library/") return "the name of the repository is missing: write REGISTRY/REPOSITORY:TAG";
	const lower = repository.toLowerCase();
	if (lower !== repository && REPOSITORY.test(lower)) {
		const host = name.startsWith(`${registry}/`) ? `${registry}/` : "";
		return `repository names are lower case: write ${host}${name.slice(host.length).toLowerCase()}`;
	}
	if (!REPOSITORY.test(repository)) return `${JSON.stringify(repository)} is not the name of a repository: use a-z and 0-9, with . _ - between them and / between parts`;
	if (repository.length > REPOSITORY_LIMIT) return `the name of the repository has more than ${REPOSITORY_LIMIT} characters`;
	if (/^[a-f0-9]{64}$/.test(name)) return "a name of 64 hexadecimal digits is taken for a digest: write REGISTRY/REPOSITORY";
}
function tagProblem$1(tag) {
	if (tag === "") return "the tag after : is missing";
	return `${JSON.stringify(tag)} is not a tag: use at most 128 of A-Z, a-z, 0-9, _ . - and start with none of . -`;
}
/** A text that was to be a reference, without the login of an address: it goes into messages. */
function withoutLogin(text) {
	return text.replace(/(:\/\/)[^/@]*@/, "$1");
}
// src/oci/refname.ts
/** image-spec annotations.md, "Rules" of ref.name; c/image oci/internal/oci_util.go has the same. */
const REF_NAME_TEXT = /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/;
/** Whether a text can be the name of an image in a layout. */
function isRefName(text) {
	return REF_NAME_TEXT.test(text);
}
// src/registry/transport.ts
const FILE_TRANSPORTS = [
	"oci",
	"oci-archive",
	"docker-archive",
	"dir"
];
const NAMED_TRANSPORTS = ["containers-storage", "docker-daemon"];
const DESTINATION_FORMS = "docker://REFERENCE, oci:DIR[:REF], oci-archive:FILE[:REF], docker-archive:FILE[:REF], dir:DIR, containers-storage:NAME or docker-daemon:NAME";
/** Where `export` writes to: any destination of skopeo that works without a daemon of its own, and docker's daemon. */
function parseDestination(text) {
	const { transport, rest } = transportParts(text);
	if (transport === void 0 || !(transport === "docker" || isLocal$1(transport))) return { problem: `'${text}' is no skopeo destination: write ${DESTINATION_FORMS}` };
	if (transport !== "docker") {
		const name = localName(transport, rest);
		const problem = "problem" in name ? void 0 : namedProblem(name);
		return problem === void 0 ? name : { problem };
	}
	const parsed = parseTag(rest);
	return "problem" in parsed ? parsed : {
		transport,
		reference: parsed.reference
	};
}
/**
* One of `tags`: where to push to.
*
* @returns the reference with its tag, `latest` where none is written, and its full text `registry/repository:tag`
*/
function parseTag(text) {
	const bare = text.startsWith("docker://") ? text.slice(9) : text;
	if (/^:?[\w.-]+$/.test(bare) && /^(?::|v?\d|latest$)/.test(bare)) return { problem: `'${text}' is a tag without a name: write REGISTRY/REPOSITORY:${bare.replace(/^:/, "")}` };
	if (!bare.includes("/")) return { problem: `'${text}' is no full reference: write REGISTRY/REPOSITORY:TAG` };
	const parsed = parseReference(bare);
	if (typeof parsed === "string") return { problem: `'${withoutLogin(text)}' is no reference: ${parsed}` };
	if (parsed.digest !== void 0) return { problem: `'${text}' has a digest, which a push cannot choose: write ${bare.slice(0, bare.indexOf("@"))}` };
	const reference = {
		...parsed,
		tag: parsed.tag ?? "latest"
	};
	return {
		reference,
		text: referenceText(reference)
	};
}
/**
* The input `repository`: where to push to without a tag.
*
* @returns the full text `registry/repository`
*/
function parseRepository(text) {
	const bare = text.startsWith("docker://") ? text.slice(9) : text;
	if (!bare.includes("/")) return { problem: `'${text}' is no repository of a registry: write REGISTRY/NAME` };
	const parsed = parseReference(bare);
	if (typeof parsed === "string") return { problem: `'${text}' is no repository: ${parsed}` };
	const { registry, repository, tag, digest } = parsed;
	const name = referenceText({
		registry,
		repository
	});
	if (digest !== void 0) return { problem: `'${text}' has a digest, which comes of what is pushed: write ${name}` };
	return tag === void 0 ? name : { problem: `'${text}' has a tag, and a push by digest moves none: write ${name}` };
}
/** Why docker's tools would not take the name in a destination's text. */
function namedProblem({ transport, path, name }) {
	if (transport === "docker-archive") return name === void 0 ? void 0 : dockerNameProblem(name);
	if (transport === "docker-daemon") return dockerNameProblem(path);
	const inStore = storageParts(path).name;
	return transport === "containers-storage" && isPlain(inStore) ? dockerNameProblem(inStore) : void 0;
}
/** Why a text is no name for docker, as one sentence with the text; undefined when it is one. */
function dockerNameProblem(text) {
	const parsed = parseReference(text);
	if (typeof parsed === "string") return `'${text}' is no name of an image: ${parsed}`;
	return parsed.digest === void 0 ? void 0 : `'${text}' has a digest, which a target cannot choose: write NAME:TAG`;
}
/** The store that the text behind `containers-storage:` may begin with, and the name; c/image storage/storage_transport.go. */
function storageParts(path) {
	const [, store = "", name = ""] = /^(\[[^\]]*\])?(.*)$/s.exec(path) ?? [];
	return {
		store,
		name
	};
}
/** Whether a text in container storage is a name, and no ID or what else names an image that is there. */
function isPlain(name) {
	return name !== "" && !name.includes("@");
}
/** The host, with port, of a login: `ghcr.io`, `localhost:5000`; a scheme and a trailing slash are taken off. */
function parseRegistry(text) {
	const host = text.replace(/^https?:\/\//, "").replace(/\/(v[12]\/?)?$/, "");
	const registry = ["index.docker.io", "registry-1.docker.io"].includes(host) ? "docker.io" : host;
	if (/^(?:[A-Za-z0-9.-]+|\[[a-fA-F0-9:]+\])(?::\d{1,5})?$/.test(registry) && !registry.startsWith("-")) return registry;
	return { problem: `'${text}' is no registry: write HOST or HOST:PORT, without a path` };
}
/** What skopeo takes. It refuses a tag beside a digest (c/image docker/docker_transport.go), the digest is kept. */
function imageNameText(name) {
	if (name.transport !== "docker") return `${name.transport}:${name.path}${name.name === void 0 ? "" : `:${name.name}`}`;
	const { registry, repository, tag = "latest", digest } = name.reference;
	return `docker://${referenceText(digest === void 0 ? {
		registry,
		repository,
		tag
	} : {
		registry,
		repository,
		digest
	})}`;
}
/** What annotations and messages call it: `registry/repository:tag`, or the name with its transport. */
function plainName(name) {
	if (name.transport !== "docker") return imageNameText(name);
	const { tag, digest } = name.reference;
	return referenceText(tag === void 0 && digest === void 0 ? {
		...name.reference,
		tag: "latest"
	} : name.reference);
}
/** The transport that a name begins with, if any, and what follows; `localhost:5000/x` and `oci:1.0` begin alike: only the names of transports are transports. */
function transportParts(text) {
	if (text.startsWith("docker://")) return {
		transport: "docker",
		rest: text.slice(9)
	};
	const colon = text.indexOf(":");
	const transport = text.slice(0, Math.max(colon, 0));
	return isLocal$1(transport) || /^(tarball|ostree|sif|dockers?|https?|obsrepositories|obs|file)$/.test(transport) ? {
		transport,
		rest: text.slice(colon + 1)
	} : { rest: text };
}
function isLocal$1(transport) {
	return [...FILE_TRANSPORTS, ...NAMED_TRANSPORTS].some((known) => known === transport);
}
/** The name behind a transport of this machine: `PATH[:NAME]`. */
function localName(transport, rest) {
	if (rest === "") return { problem: `nothing follows ${transport}: write ${transport}:PATH` };
	if (!FILE_TRANSPORTS.some((known) => known === transport) || transport === "dir") return {
		transport,
		path: rest
	};
	const colon = rest.indexOf(":");
	if (colon < 0) return {
		transport,
		path: rest
	};
	const path = rest.slice(0, colon);
	const name = rest.slice(colon + 1);
	if (path === "") return { problem: `'${transport}:${rest}' has no path: write ${transport}:PATH:REF` };
	if (name === "") return {
		transport,
		path
	};
	if (transport !== "docker-archive" && !isRefName(name)) return { problem: `'${name}' is no name of an image in a layout: write ${transport}:PATH:REF, and no colon in PATH` };
	return {
		transport,
		path,
		name
	};
}
/**
* A layout or a folder as skopeo names it.
*
* @throws HostError when the path has a colon, which skopeo takes for the end of it
*/
function folderName(transport, folder, name) {
	if (!folder.includes(":")) return imageNameText({
		transport,
		path: folder,
		...name === void 0 ? {} : { name }
	});
	throw new HostError("host-folder", `skopeo cannot work in ${folder}, for the colon in its name`, "choose another work-dir");
}
// node_modules/yaml/dist/nodes/identity.js
var require_identity = /* @__PURE__ */ __commonJSMin(((exports) => {
	const ALIAS = Symbol.for("yaml.alias");
	const DOC = Symbol.for("yaml.document");
	const MAP = Symbol.for("yaml.map");
	const PAIR = Symbol.for("yaml.pair");
	const SCALAR = Symbol.for("yaml.scalar");
	const SEQ = Symbol.for("yaml.seq");
	const NODE_TYPE = Symbol.for("yaml.node.type");
	const isAlias = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === ALIAS;
	const isDocument = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === DOC;
	const isMap = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === MAP;
	const isPair = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === PAIR;
	const isScalar = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === SCALAR;
	const isSeq = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === SEQ;
	function isCollection(node) {
		if (node && typeof node === "object") switch (node[NODE_TYPE]) {
			case MAP:
			case SEQ: return true;
		}
		return false;
	}
	function isNode(node) {
		if (node && typeof node === "object") switch (node[NODE_TYPE]) {
			case ALIAS:
			case MAP:
			case SCALAR:
			case SEQ: return true;
		}
		return false;
	}
	const hasAnchor = (node) => (isScalar(node) || isCollection(node)) && !!node.anchor;
	exports.ALIAS = ALIAS;
	exports.DOC = DOC;
	exports.MAP = MAP;
	exports.NODE_TYPE = NODE_TYPE;
	exports.PAIR = PAIR;
	exports.SCALAR = SCALAR;
	exports.SEQ = SEQ;
	exports.hasAnchor = hasAnchor;
	exports.isAlias = isAlias;
	exports.isCollection = isCollection;
	exports.isDocument = isDocument;
	exports.isMap = isMap;
	exports.isNode = isNode;
	exports.isPair = isPair;
	exports.isScalar = isScalar;
	exports.isSeq = isSeq;
}));
// node_modules/yaml/dist/visit.js
var require_visit = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	const BREAK = Symbol("break visit");
	const SKIP = Symbol("skip children");
	const REMOVE = Symbol("remove node");
	/**
	* Apply a visitor to an AST node or document.
	*
	* Walks through the tree (depth-first) starting from `node`, calling a
	* `visitor` function with three arguments:
	*   - `key`: For sequence values and map `Pair`, the node's index in the
	*     collection. Within a `Pair`, `'key'` or `'value'`, correspondingly.
	*     `null` for the root node.
	*   - `node`: The current node.
	*   - `path`: The ancestry of the current node.
	*
	* The return value of the visitor may be used to control the traversal:
	*   - `undefined` (default): Do nothing and continue
	*   - `visit.SKIP`: Do not visit the children of this node, continue with next
	*     sibling
	*   - `visit.BREAK`: Terminate traversal completely
	*   - `visit.REMOVE`: Remove the current node, then continue with the next one
	*   - `Node`: Replace the current node, then continue by visiting it
	*   - `number`: While iterating the items of a sequence or map, set the index
	*     of the next step. This is useful especially if the index of the current
	*     node has changed.
	*
	* If `visitor` is a single function, it will be called with all values
	* encountered in the tree, including e.g. `null` values. Alternatively,
	* separate visitor functions may be defined for each `Map`, `Pair`, `Seq`,
	* `Alias` and `Scalar` node. To define the same visitor function for more than
	* one node type, use the `Collection` (map and seq), `Value` (map, seq & scalar)
	* and `Node` (alias, map, seq & scalar) targets. Of all these, only the most
	* specific defined one will be used for each node.
	*/
	function visit(node, visitor) {
		const visitor_ = initVisitor(visitor);
		if (identity.isDocument(node)) {
			if (visit_(null, node.contents, visitor_, Object.freeze([node])) === REMOVE) node.contents = null;
		} else visit_(null, node, visitor_, Object.freeze([]));
	}
	/** Terminate visit traversal completely */
	visit.BREAK = BREAK;
	/** Do not visit the children of the current node */
	visit.SKIP = SKIP;
	/** Remove the current node */
	visit.REMOVE = REMOVE;
	function visit_(key, node, visitor, path) {
		const ctrl = callVisitor(key, node, visitor, path);
		if (identity.isNode(ctrl) || identity.isPair(ctrl)) {
			replaceNode(key, path, ctrl);
			return visit_(key, ctrl, visitor, path);
		}
		if (typeof ctrl !== "symbol") {
			if (identity.isCollection(node)) {
				path = Object.freeze(path.concat(node));
				for (let i = 0; i < node.items.length; ++i) {
					const ci = visit_(i, node.items[i], visitor, path);
					if (typeof ci === "number") i = ci - 1;
					else if (ci === BREAK) return BREAK;
					else if (ci === REMOVE) {
						node.items.splice(i, 1);
						i -= 1;
					}
				}
			} else if (identity.isPair(node)) {
				path = Object.freeze(path.concat(node));
				const ck = visit_("key", node.key, visitor, path);
				if (ck === BREAK) return BREAK;
				else if (ck === REMOVE) node.key = null;
				const cv = visit_("value", node.value, visitor, path);
				if (cv === BREAK) return BREAK;
				else if (cv === REMOVE) node.value = null;
			}
		}
		return ctrl;
	}
	/**
	* Apply an async visitor to an AST node or document.
	*
	* Walks through the tree (depth-first) starting from `node`, calling a
	* `visitor` function with three arguments:
	*   - `key`: For sequence values and map `Pair`, the node's index in the
	*     collection. Within a `Pair`, `'key'` or `'value'`, correspondingly.
	*     `null` for the root node.
	*   - `node`: The current node.
	*   - `path`: The ancestry of the current node.
	*
	* The return value of the visitor may be used to control the traversal:
	*   - `Promise`: Must resolve to one of the following values
	*   - `undefined` (default): Do nothing and continue
	*   - `visit.SKIP`: Do not visit the children of this node, continue with next
	*     sibling
	*   - `visit.BREAK`: Terminate traversal completely
	*   - `visit.REMOVE`: Remove the current node, then continue with the next one
	*   - `Node`: Replace the current node, then continue by visiting it
	*   - `number`: While iterating the items of a sequence or map, set the index
	*     of the next step. This is useful especially if the index of the current
	*     node has changed.
	*
	* If `visitor` is a single function, it will be called with all values
	* encountered in the tree, including e.g. `null` values. Alternatively,
	* separate visitor functions may be defined for each `Map`, `Pair`, `Seq`,
	* `Alias` and `Scalar` node. To define the same visitor function for more than
	* one node type, use the `Collection` (map and seq), `Value` (map, seq & scalar)
	* and `Node` (alias, map, seq & scalar) targets. Of all these, only the most
	* specific defined one will be used for each node.
	*/
	async function visitAsync(node, visitor) {
		const visitor_ = initVisitor(visitor);
		if (identity.isDocument(node)) {
			if (await visitAsync_(null, node.contents, visitor_, Object.freeze([node])) === REMOVE) node.contents = null;
		} else await visitAsync_(null, node, visitor_, Object.freeze([]));
	}
	/** Terminate visit traversal completely */
	visitAsync.BREAK = BREAK;
	/** Do not visit the children of the current node */
	visitAsync.SKIP = SKIP;
	/** Remove the current node */
	visitAsync.REMOVE = REMOVE;
	async function visitAsync_(key, node, visitor, path) {
		const ctrl = await callVisitor(key, node, visitor, path);
		if (identity.isNode(ctrl) || identity.isPair(ctrl)) {
			replaceNode(key, path, ctrl);
			return visitAsync_(key, ctrl, visitor, path);
		}
		if (typeof ctrl !== "symbol") {
			if (identity.isCollection(node)) {
				path = Object.freeze(path.concat(node));
				for (let i = 0; i < node.items.length; ++i) {
					const ci = await visitAsync_(i, node.items[i], visitor, path);
					if (typeof ci === "number") i = ci - 1;
					else if (ci === BREAK) return BREAK;
					else if (ci === REMOVE) {
						node.items.splice(i, 1);
						i -= 1;
					}
				}
			} else if (identity.isPair(node)) {
				path = Object.freeze(path.concat(node));
				const ck = await visitAsync_("key", node.key, visitor, path);
				if (ck === BREAK) return BREAK;
				else if (ck === REMOVE) node.key = null;
				const cv = await visitAsync_("value", node.value, visitor, path);
				if (cv === BREAK) return BREAK;
				else if (cv === REMOVE) node.value = null;
			}
		}
		return ctrl;
	}
	function initVisitor(visitor) {
		if (typeof visitor === "object" && (visitor.Collection || visitor.Node || visitor.Value)) return Object.assign({
			Alias: visitor.Node,
			Map: visitor.Node,
			Scalar: visitor.Node,
			Seq: visitor.Node
		}, visitor.Value && {
			Map: visitor.Value,
			Scalar: visitor.Value,
			Seq: visitor.Value
		}, visitor.Collection && {
			Map: visitor.Collection,
			Seq: visitor.Collection
		}, visitor);
		return visitor;
	}
	function callVisitor(key, node, visitor, path) {
		if (typeof visitor === "function") return visitor(key, node, path);
		if (identity.isMap(node)) return visitor.Map?.(key, node, path);
		if (identity.isSeq(node)) return visitor.Seq?.(key, node, path);
		if (identity.isPair(node)) return visitor.Pair?.(key, node, path);
		if (identity.isScalar(node)) return visitor.Scalar?.(key, node, path);
		if (identity.isAlias(node)) return visitor.Alias?.(key, node, path);
	}
	function replaceNode(key, path, node) {
		const parent = path[path.length - 1];
		if (identity.isCollection(parent)) parent.items[key] = node;
		else if (identity.isPair(parent)) {
			if (key === "key") parent.key = node;
			else parent.value = node;
		} else if (identity.isDocument(parent)) parent.contents = node;
		else {
			const pt = identity.isAlias(parent) ? "alias" : "scalar";
			throw new Error(`Cannot replace node with ${pt} parent`);
		}
	}
	exports.visit = visit;
	exports.visitAsync = visitAsync;
}));
// node_modules/yaml/dist/doc/directives.js
var require_directives = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var visit = require_visit();
	const escapeChars = {
		"!": "%21",
		",": "%2C",
		"[": "%5B",
		"]": "%5D",
		"{": "%7B",
		"}": "%7D"
	};
	const escapeTagName = (tn) => tn.replace(/[!,[\]{}]/g, (ch) => escapeChars[ch]);
	var Directives = class Directives {
		constructor(yaml, tags) {
			/**
			* The directives-end/doc-start marker `---`. If `null`, a marker may still be
			* included in the document's stringified representation.
			*/
			this.docStart = null;
			/** The doc-end marker `...`.  */
			this.docEnd = false;
			this.yaml = Object.assign({}, Directives.defaultYaml, yaml);
			this.tags = Object.assign({}, Directives.defaultTags, tags);
		}
		clone() {
			const copy = new Directives(this.yaml, this.tags);
			copy.docStart = this.docStart;
			return copy;
		}
		/**
		* During parsing, get a Directives instance for the current document and
		* update the stream state according to the current version's spec.
		*/
		atDocument() {
			const res = new Directives(this.yaml, this.tags);
			switch (this.yaml.version) {
				case "1.1":
					this.atNextDocument = true;
					break;
				case "1.2":
					this.atNextDocument = false;
					this.yaml = {
						explicit: Directives.defaultYaml.explicit,
						version: "1.2"
					};
					this.tags = Object.assign({}, Directives.defaultTags);
			}
			return res;
		}
		/**
		* @param onError - May be called even if the action was successful
		* @returns `true` on success
		*/
		add(line, onError) {
			if (this.atNextDocument) {
				this.yaml = {
					explicit: Directives.defaultYaml.explicit,
					version: "1.1"
				};
				this.tags = Object.assign({}, Directives.defaultTags);
				this.atNextDocument = false;
			}
			const parts = line.trim().split(/[ \t]+/);
			const name = parts.shift();
			switch (name) {
				case "%TAG": {
					if (parts.length !== 2) {
						onError(0, "%TAG directive should contain exactly two parts");
						if (parts.length < 2) return false;
					}
					const [handle, prefix] = parts;
					this.tags[handle] = prefix;
					return true;
				}
				case "%YAML": {
					this.yaml.explicit = true;
					if (parts.length !== 1) {
						onError(0, "%YAML directive should contain exactly one part");
						return false;
					}
					const [version] = parts;
					if (version === "1.1" || version === "1.2") {
						this.yaml.version = version;
						return true;
					} else {
						const isValid = /^\d+\.\d+$/.test(version);
						onError(6, `Unsupported YAML version ${version}`, isValid);
						return false;
					}
				}
				default:
					onError(0, `Unknown directive ${name}`, true);
					return false;
			}
		}
		/**
		* Resolves a tag, matching handles to those defined in %TAG directives.
		*
		* @returns Resolved tag, which may also be the non-specific tag `'!'` or a
		*   `'!local'` tag, or `null` if unresolvable.
		*/
		tagName(source, onError) {
			if (source === "!") return "!";
			if (source[0] !== "!") {
				onError(`Not a valid tag: ${source}`);
				return null;
			}
			if (source[1] === "<") {
				const verbatim = source.slice(2, -1);
				if (verbatim === "!" || verbatim === "!!") {
					onError(`Verbatim tags aren't resolved, so ${source} is invalid.`);
					return null;
				}
				if (source[source.length - 1] !== ">") onError("Verbatim tags must end with a >");
				return verbatim;
			}
			const [, handle, suffix] = source.match(/^(.*!)([^!]*)$/s);
			if (!suffix) onError(`The ${source} tag has no suffix`);
			const prefix = this.tags[handle];
			if (prefix) try {
				return prefix + decodeURIComponent(suffix);
			} catch (error) {
				onError(String(error));
				return null;
			}
			if (handle === "!") return source;
			onError(`Could not resolve tag: ${source}`);
			return null;
		}
		/**
		* Given a fully resolved tag, returns its printable string form,
		* taking into account current tag prefixes and defaults.
		*/
		tagString(tag) {
			for (const [handle, prefix] of Object.entries(this.tags)) if (tag.startsWith(prefix)) return handle + escapeTagName(tag.substring(prefix.length));
			return tag[0] === "!" ? tag : `!<${tag}>`;
		}
		toString(doc) {
			const lines = this.yaml.explicit ? [`%YAML ${this.yaml.version || "1.2"}`] : [];
			const tagEntries = Object.entries(this.tags);
			let tagNames;
			if (doc && tagEntries.length > 0 && identity.isNode(doc.contents)) {
				const tags = {};
				visit.visit(doc.contents, (_key, node) => {
					if (identity.isNode(node) && node.tag) tags[node.tag] = true;
				});
				tagNames = Object.keys(tags);
			} else tagNames = [];
			for (const [handle, prefix] of tagEntries) {
				if (handle === "!!" && prefix === "tag:yaml.org,2002:") continue;
				if (!doc || tagNames.some((tn) => tn.startsWith(prefix))) lines.push(`%TAG ${handle} ${prefix}`);
			}
			return lines.join("\n");
		}
	};
	Directives.defaultYaml = {
		explicit: false,
		version: "1.2"
	};
	Directives.defaultTags = { "!!": "tag:yaml.org,2002:" };
	exports.Directives = Directives;
}));
// node_modules/yaml/dist/doc/anchors.js
var require_anchors = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var visit = require_visit();
	/**
	* Verify that the input string is a valid anchor.
	*
	* Will throw on errors.
	*/
	function anchorIsValid(anchor) {
		if (/[\x00-\x19\s,[\]{}]/.test(anchor)) {
			const msg = `Anchor must not contain whitespace or control characters: ${JSON.stringify(anchor)}`;
			throw new Error(msg);
		}
		return true;
	}
	function anchorNames(root) {
		const anchors = /* @__PURE__ */ new Set();
		visit.visit(root, { Value(_key, node) {
			if (node.anchor) anchors.add(node.anchor);
		} });
		return anchors;
	}
	/** Find a new anchor name with the given `prefix` and a one-indexed suffix. */
	function findNewAnchor(prefix, exclude) {
		for (let i = 1;; ++i) {
			const name = `${prefix}${i}`;
			if (!exclude.has(name)) return name;
		}
	}
	function createNodeAnchors(doc, prefix) {
		const aliasObjects = [];
		const sourceObjects = /* @__PURE__ */ new Map();
		let prevAnchors = null;
		return {
			onAnchor: (source) => {
				aliasObjects.push(source);
				prevAnchors ?? (prevAnchors = anchorNames(doc));
				const anchor = findNewAnchor(prefix, prevAnchors);
				prevAnchors.add(anchor);
				return anchor;
			},
			/**
			* With circular references, the source node is only resolved after all
			* of its child nodes are. This is why anchors are set only after all of
			* the nodes have been created.
			*/
			setAnchors: () => {
				for (const source of aliasObjects) {
					const ref = sourceObjects.get(source);
					if (typeof ref === "object" && ref.anchor && (identity.isScalar(ref.node) || identity.isCollection(ref.node))) ref.node.anchor = ref.anchor;
					else {
						const error = /* @__PURE__ */ new Error("Failed to resolve repeated object (this should not happen)");
						error.source = source;
						throw error;
					}
				}
			},
			sourceObjects
		};
	}
	exports.anchorIsValid = anchorIsValid;
	exports.anchorNames = anchorNames;
	exports.createNodeAnchors = createNodeAnchors;
	exports.findNewAnchor = findNewAnchor;
}));
// node_modules/yaml/dist/doc/applyReviver.js
var require_applyReviver = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Applies the JSON.parse reviver algorithm as defined in the ECMA-262 spec,
	* in section 24.5.1.1 "Runtime Semantics: InternalizeJSONProperty" of the
	* 2021 edition: https://tc39.es/ecma262/#sec-json.parse
	*
	* Includes extensions for handling Map and Set objects.
	*/
	function applyReviver(reviver, obj, key, val) {
		if (val && typeof val === "object") {
			if (Array.isArray(val)) for (let i = 0, len = val.length; i < len; ++i) {
				const v0 = val[i];
				const v1 = applyReviver(reviver, val, String(i), v0);
				if (v1 === void 0) delete val[i];
				else if (v1 !== v0) val[i] = v1;
			}
			else if (val instanceof Map) for (const k of Array.from(val.keys())) {
				const v0 = val.get(k);
				const v1 = applyReviver(reviver, val, k, v0);
				if (v1 === void 0) val.delete(k);
				else if (v1 !== v0) val.set(k, v1);
			}
			else if (val instanceof Set) for (const v0 of Array.from(val)) {
				const v1 = applyReviver(reviver, val, v0, v0);
				if (v1 === void 0) val.delete(v0);
				else if (v1 !== v0) {
					val.delete(v0);
					val.add(v1);
				}
			}
			else for (const [k, v0] of Object.entries(val)) {
				const v1 = applyReviver(reviver, val, k, v0);
				if (v1 === void 0) delete val[k];
				else if (v1 !== v0) val[k] = v1;
			}
		}
		return reviver.call(obj, key, val);
	}
	exports.applyReviver = applyReviver;
}));
// node_modules/yaml/dist/nodes/toJS.js
var require_toJS = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	/**
	* Recursively convert any node or its contents to native JavaScript
	*
	* @param value - The input value
	* @param arg - If `value` defines a `toJSON()` method, use this
	*   as its first argument
	* @param ctx - Conversion context, originally set in Document#toJS(). If
	*   `{ keep: true }` is not set, output should be suitable for JSON
	*   stringification.
	*/
	function toJS(value, arg, ctx) {
		if (Array.isArray(value)) return value.map((v, i) => toJS(v, String(i), ctx));
		if (value && typeof value.toJSON === "function") {
			if (!ctx || !identity.hasAnchor(value)) return value.toJSON(arg, ctx);
			const data = {
				aliasCount: 0,
				count: 1,
				res: void 0
			};
			ctx.anchors.set(value, data);
			ctx.onCreate = (res) => {
				data.res = res;
				delete ctx.onCreate;
			};
			const res = value.toJSON(arg, ctx);
			if (ctx.onCreate) ctx.onCreate(res);
			return res;
		}
		if (typeof value === "bigint" && !ctx?.keep) return Number(value);
		return value;
	}
	exports.toJS = toJS;
}));
// node_modules/yaml/dist/nodes/Node.js
var require_Node = /* @__PURE__ */ __commonJSMin(((exports) => {
	var applyReviver = require_applyReviver();
	var identity = require_identity();
	var toJS = require_toJS();
	var NodeBase = class {
		constructor(type) {
			Object.defineProperty(this, identity.NODE_TYPE, { value: type });
		}
		/** Create a copy of this node.  */
		clone() {
			const copy = Object.create(Object.getPrototypeOf(this), Object.getOwnPropertyDescriptors(this));
			if (this.range) copy.range = this.range.slice();
			return copy;
		}
		/** A plain JavaScript representation of this node. */
		toJS(doc, { mapAsMap, maxAliasCount, onAnchor, reviver } = {}) {
			if (!identity.isDocument(doc)) throw new TypeError("A document argument is required");
			const ctx = {
				anchors: /* @__PURE__ */ new Map(),
				doc,
				keep: true,
				mapAsMap: mapAsMap === true,
				mapKeyWarned: false,
				maxAliasCount: typeof maxAliasCount === "number" ? maxAliasCount : 100
			};
			const res = toJS.toJS(this, "", ctx);
			if (typeof onAnchor === "function") for (const { count, res } of ctx.anchors.values()) onAnchor(res, count);
			return typeof reviver === "function" ? applyReviver.applyReviver(reviver, { "": res }, "", res) : res;
		}
	};
	exports.NodeBase = NodeBase;
}));
// node_modules/yaml/dist/nodes/Alias.js
var require_Alias = /* @__PURE__ */ __commonJSMin(((exports) => {
	var anchors = require_anchors();
	var visit = require_visit();
	var identity = require_identity();
	var Node = require_Node();
	var toJS = require_toJS();
	var Alias = class extends Node.NodeBase {
		constructor(source) {
			super(identity.ALIAS);
			this.source = source;
			Object.defineProperty(this, "tag", { set() {
				throw new Error("Alias nodes cannot have tags");
			} });
		}
		/**
		* Resolve the value of this alias within `doc`, finding the last
		* instance of the `source` anchor before this node.
		*/
		resolve(doc, ctx) {
			if (ctx?.maxAliasCount === 0) throw new ReferenceError("Alias resolution is disabled");
			let nodes;
			if (ctx?.aliasResolveCache) nodes = ctx.aliasResolveCache;
			else {
				nodes = [];
				visit.visit(doc, { Node: (_key, node) => {
					if (identity.isAlias(node) || identity.hasAnchor(node)) nodes.push(node);
				} });
				if (ctx) ctx.aliasResolveCache = nodes;
			}
			let found = void 0;
			for (const node of nodes) {
				if (node === this) break;
				if (node.anchor === this.source) found = node;
			}
			if (found && ctx) {
				const { anchors, doc, maxAliasCount } = ctx;
				let data = anchors.get(found);
				if (!data) {
					toJS.toJS(found, null, ctx);
					data = anchors.get(found);
				}
				/* istanbul ignore if */
				if (data?.res === void 0) throw new ReferenceError("This should not happen: Alias anchor was not resolved?");
				if (maxAliasCount >= 0) {
					data.count += 1;
					if (data.aliasCount === 0) data.aliasCount = getAliasCount(doc, found, anchors);
					if (data.count * data.aliasCount > maxAliasCount) throw new ReferenceError("Excessive alias count indicates a resource exhaustion attack");
				}
			}
			return found;
		}
		toJSON(_arg, ctx) {
			if (!ctx) return { source: this.source };
			const source = this.resolve(ctx.doc, ctx);
			if (!source) {
				const msg = `Unresolved alias (the anchor must be set before the alias): ${this.source}`;
				throw new ReferenceError(msg);
			}
			return ctx.anchors.get(source).res;
		}
		toString(ctx, _onComment, _onChompKeep) {
			const src = `*${this.source}`;
			if (ctx) {
				anchors.anchorIsValid(this.source);
				if (ctx.options.verifyAliasOrder && !ctx.anchors.has(this.source)) {
					const msg = `Unresolved alias (the anchor must be set before the alias): ${this.source}`;
					throw new Error(msg);
				}
				if (ctx.implicitKey) return `${src} `;
			}
			return src;
		}
	};
	function getAliasCount(doc, node, anchors) {
		if (identity.isAlias(node)) {
			const source = node.resolve(doc);
			const anchor = anchors && source && anchors.get(source);
			return anchor ? anchor.count * anchor.aliasCount : 0;
		} else if (identity.isCollection(node)) {
			let count = 0;
			for (const item of node.items) {
				const c = getAliasCount(doc, item, anchors);
				if (c > count) count = c;
			}
			return count;
		} else if (identity.isPair(node)) {
			const kc = getAliasCount(doc, node.key, anchors);
			const vc = getAliasCount(doc, node.value, anchors);
			return Math.max(kc, vc);
		}
		return 1;
	}
	exports.Alias = Alias;
}));
// node_modules/yaml/dist/nodes/Scalar.js
var require_Scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Node = require_Node();
	var toJS = require_toJS();
	const isScalarValue = (value) => !value || typeof value !== "function" && typeof value !== "object";
	var Scalar = class extends Node.NodeBase {
		constructor(value) {
			super(identity.SCALAR);
			this.value = value;
		}
		toJSON(arg, ctx) {
			return ctx?.keep ? this.value : toJS.toJS(this.value, arg, ctx);
		}
		toString() {
			return String(this.value);
		}
	};
	Scalar.BLOCK_FOLDED = "BLOCK_FOLDED";
	Scalar.BLOCK_LITERAL = "BLOCK_LITERAL";
	Scalar.PLAIN = "PLAIN";
	Scalar.QUOTE_DOUBLE = "QUOTE_DOUBLE";
	Scalar.QUOTE_SINGLE = "QUOTE_SINGLE";
	exports.Scalar = Scalar;
	exports.isScalarValue = isScalarValue;
}));
// node_modules/yaml/dist/doc/createNode.js
var require_createNode = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Alias = require_Alias();
	var identity = require_identity();
	var Scalar = require_Scalar();
	const defaultTagPrefix = "tag:yaml.org,2002:";
	function findTagObject(value, tagName, tags) {
		if (tagName) {
			const match = tags.filter((t) => t.tag === tagName);
			const tagObj = match.find((t) => !t.format) ?? match[0];
			if (!tagObj) throw new Error(`Tag ${tagName} not found`);
			return tagObj;
		}
		return tags.find((t) => t.identify?.(value) && !t.format);
	}
	function createNode(value, tagName, ctx) {
		if (identity.isDocument(value)) value = value.contents;
		if (identity.isNode(value)) return value;
		if (identity.isPair(value)) {
			const map = ctx.schema[identity.MAP].createNode?.(ctx.schema, null, ctx);
			map.items.push(value);
			return map;
		}
		if (value instanceof String || value instanceof Number || value instanceof Boolean || typeof BigInt !== "undefined" && value instanceof BigInt) value = value.valueOf();
		const { aliasDuplicateObjects, onAnchor, onTagObj, schema, sourceObjects } = ctx;
		let ref = void 0;
		if (aliasDuplicateObjects && value && typeof value === "object") {
			ref = sourceObjects.get(value);
			if (ref) {
				ref.anchor ?? (ref.anchor = onAnchor(value));
				return new Alias.Alias(ref.anchor);
			} else {
				ref = {
					anchor: null,
					node: null
				};
				sourceObjects.set(value, ref);
			}
		}
		if (tagName?.startsWith("!!")) tagName = defaultTagPrefix + tagName.slice(2);
		let tagObj = findTagObject(value, tagName, schema.tags);
		if (!tagObj) {
			if (value && typeof value.toJSON === "function") value = value.toJSON();
			if (!value || typeof value !== "object") {
				const node = new Scalar.Scalar(value);
				if (ref) ref.node = node;
				return node;
			}
			tagObj = value instanceof Map ? schema[identity.MAP] : Symbol.iterator in Object(value) ? schema[identity.SEQ] : schema[identity.MAP];
		}
		if (onTagObj) {
			onTagObj(tagObj);
			delete ctx.onTagObj;
		}
		const node = tagObj?.createNode ? tagObj.createNode(ctx.schema, value, ctx) : typeof tagObj?.nodeClass?.from === "function" ? tagObj.nodeClass.from(ctx.schema, value, ctx) : new Scalar.Scalar(value);
		if (tagName) node.tag = tagName;
		else if (!tagObj.default) node.tag = tagObj.tag;
		if (ref) ref.node = node;
		return node;
	}
	exports.createNode = createNode;
}));
// node_modules/yaml/dist/nodes/Collection.js
var require_Collection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var createNode = require_createNode();
	var identity = require_identity();
	var Node = require_Node();
	function collectionFromPath(schema, path, value) {
		let v = value;
		for (let i = path.length - 1; i >= 0; --i) {
			const k = path[i];
			if (typeof k === "number" && Number.isInteger(k) && k >= 0) {
				const a = [];
				a[k] = v;
				v = a;
			} else v = /* @__PURE__ */ new Map([[k, v]]);
		}
		return createNode.createNode(v, void 0, {
			aliasDuplicateObjects: false,
			keepUndefined: false,
			onAnchor: () => {
				throw new Error("This should not happen, please report a bug.");
			},
			schema,
			sourceObjects: /* @__PURE__ */ new Map()
		});
	}
	const isEmptyPath = (path) => path == null || typeof path === "object" && !!path[Symbol.iterator]().next().done;
	var Collection = class extends Node.NodeBase {
		constructor(type, schema) {
			super(type);
			Object.defineProperty(this, "schema", {
				value: schema,
				configurable: true,
				enumerable: false,
				writable: true
			});
		}
		/**
		* Create a copy of this collection.
		*
		* @param schema - If defined, overwrites the original's schema
		*/
		clone(schema) {
			const copy = Object.create(Object.getPrototypeOf(this), Object.getOwnPropertyDescriptors(this));
			if (schema) copy.schema = schema;
			copy.items = copy.items.map((it) => identity.isNode(it) || identity.isPair(it) ? it.clone(schema) : it);
			if (this.range) copy.range = this.range.slice();
			return copy;
		}
		/**
		* Adds a value to the collection. For `!!map` and `!!omap` the value must
		* be a Pair instance or a `{ key, value }` object, which may not have a key
		* that already exists in the map.
		*/
		addIn(path, value) {
			if (isEmptyPath(path)) this.add(value);
			else {
				const [key, ...rest] = path;
				const node = this.get(key, true);
				if (identity.isCollection(node)) node.addIn(rest, value);
				else if (node === void 0 && this.schema) this.set(key, collectionFromPath(this.schema, rest, value));
				else throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
			}
		}
		/**
		* Removes a value from the collection.
		* @returns `true` if the item was found and removed.
		*/
		deleteIn(path) {
			const [key, ...rest] = path;
			if (rest.length === 0) return this.delete(key);
			const node = this.get(key, true);
			if (identity.isCollection(node)) return node.deleteIn(rest);
			else throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
		}
		/**
		* Returns item at `key`, or `undefined` if not found. By default unwraps
		* scalar values from their surrounding node; to disable set `keepScalar` to
		* `true` (collections are always returned intact).
		*/
		getIn(path, keepScalar) {
			const [key, ...rest] = path;
			const node = this.get(key, true);
			if (rest.length === 0) return !keepScalar && identity.isScalar(node) ? node.value : node;
			else return identity.isCollection(node) ? node.getIn(rest, keepScalar) : void 0;
		}
		hasAllNullValues(allowScalar) {
			return this.items.every((node) => {
				if (!identity.isPair(node)) return false;
				const n = node.value;
				return n == null || allowScalar && identity.isScalar(n) && n.value == null && !n.commentBefore && !n.comment && !n.tag;
			});
		}
		/**
		* Checks if the collection includes a value with the key `key`.
		*/
		hasIn(path) {
			const [key, ...rest] = path;
			if (rest.length === 0) return this.has(key);
			const node = this.get(key, true);
			return identity.isCollection(node) ? node.hasIn(rest) : false;
		}
		/**
		* Sets a value in this collection. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*/
		setIn(path, value) {
			const [key, ...rest] = path;
			if (rest.length === 0) this.set(key, value);
			else {
				const node = this.get(key, true);
				if (identity.isCollection(node)) node.setIn(rest, value);
				else if (node === void 0 && this.schema) this.set(key, collectionFromPath(this.schema, rest, value));
				else throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
			}
		}
	};
	exports.Collection = Collection;
	exports.collectionFromPath = collectionFromPath;
	exports.isEmptyPath = isEmptyPath;
}));
// node_modules/yaml/dist/stringify/stringifyComment.js
var require_stringifyComment = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Stringifies a comment.
	*
	* Empty comment lines are left empty,
	* lines consisting of a single space are replaced by `#`,
	* and all other lines are prefixed with a `#`.
	*/
	const stringifyComment = (str) => str.replace(/^(?!$)(?: $)?/gm, "#");
	function indentComment(comment, indent) {
		if (/^\n+$/.test(comment)) return comment.substring(1);
		return indent ? comment.replace(/^(?! *$)/gm, indent) : comment;
	}
	const lineComment = (str, indent, comment) => str.endsWith("\n") ? indentComment(comment, indent) : comment.includes("\n") ? "\n" + indentComment(comment, indent) : (str.endsWith(" ") ? "" : " ") + comment;
	exports.indentComment = indentComment;
	exports.lineComment = lineComment;
	exports.stringifyComment = stringifyComment;
}));
// node_modules/yaml/dist/stringify/foldFlowLines.js
var require_foldFlowLines = /* @__PURE__ */ __commonJSMin(((exports) => {
	const FOLD_FLOW = "flow";
	const FOLD_BLOCK = "block";
	const FOLD_QUOTED = "quoted";
	/**
	* Tries to keep input at up to `lineWidth` characters, splitting only on spaces
	* not followed by newlines or spaces unless `mode` is `'quoted'`. Lines are
	* terminated with `\n` and started with `indent`.
	*/
	function foldFlowLines(text, indent, mode = "flow", { indentAtStart, lineWidth = 80, minContentWidth = 20, onFold, onOverflow } = {}) {
		if (!lineWidth || lineWidth < 0) return text;
		if (lineWidth < minContentWidth) minContentWidth = 0;
		const endStep = Math.max(1 + minContentWidth, 1 + lineWidth - indent.length);
		if (text.length <= endStep) return text;
		const folds = [];
		const escapedFolds = {};
		let end = lineWidth - indent.length;
		if (typeof indentAtStart === "number") {
			if (indentAtStart > lineWidth - Math.max(2, minContentWidth)) folds.push(0);
			else end = lineWidth - indentAtStart;
		}
		let split = void 0;
		let prev = void 0;
		let overflow = false;
		let i = -1;
		let escStart = -1;
		let escEnd = -1;
		if (mode === FOLD_BLOCK) {
			i = consumeMoreIndentedLines(text, i, indent.length);
			if (i !== -1) end = i + endStep;
		}
		for (let ch; ch = text[i += 1];) {
			if (mode === FOLD_QUOTED && ch === "\\") {
				escStart = i;
				switch (text[i + 1]) {
					case "x":
						i += 3;
						break;
					case "u":
						i += 5;
						break;
					case "U":
						i += 9;
						break;
					default: i += 1;
				}
				escEnd = i;
			}
			if (ch === "\n") {
				if (mode === FOLD_BLOCK) i = consumeMoreIndentedLines(text, i, indent.length);
				end = i + indent.length + endStep;
				split = void 0;
			} else {
				if (ch === " " && prev && prev !== " " && prev !== "\n" && prev !== "	") {
					const next = text[i + 1];
					if (next && next !== " " && next !== "\n" && next !== "	") split = i;
				}
				if (i >= end) {
					if (split) {
						folds.push(split);
						end = split + endStep;
						split = void 0;
					} else if (mode === FOLD_QUOTED) {
						while (prev === " " || prev === "	") {
							prev = ch;
							ch = text[i += 1];
							overflow = true;
						}
						const j = i > escEnd + 1 ? i - 2 : escStart - 1;
						if (escapedFolds[j]) return text;
						folds.push(j);
						escapedFolds[j] = true;
						end = j + endStep;
						split = void 0;
					} else overflow = true;
				}
			}
			prev = ch;
		}
		if (overflow && onOverflow) onOverflow();
		if (folds.length === 0) return text;
		if (onFold) onFold();
		let res = text.slice(0, folds[0]);
		for (let i = 0; i < folds.length; ++i) {
			const fold = folds[i];
			const end = folds[i + 1] || text.length;
			if (fold === 0) res = `\n${indent}${text.slice(0, end)}`;
			else {
				if (mode === FOLD_QUOTED && escapedFolds[fold]) res += `${text[fold]}\\`;
				res += `\n${indent}${text.slice(fold + 1, end)}`;
			}
		}
		return res;
	}
	/**
	* Presumes `i + 1` is at the start of a line
	* @returns index of last newline in more-indented block
	*/
	function consumeMoreIndentedLines(text, i, indent) {
		let end = i;
		let start = i + 1;
		let ch = text[start];
		while (ch === " " || ch === "	") if (i < start + indent) ch = text[++i];
		else {
			do
				ch = text[++i];
			while (ch && ch !== "\n");
			end = i;
			start = i + 1;
			ch = text[start];
		}
		return end;
	}
	exports.FOLD_BLOCK = FOLD_BLOCK;
	exports.FOLD_FLOW = FOLD_FLOW;
	exports.FOLD_QUOTED = FOLD_QUOTED;
	exports.foldFlowLines = foldFlowLines;
}));
// node_modules/yaml/dist/stringify/stringifyString.js
var require_stringifyString = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var foldFlowLines = require_foldFlowLines();
	const getFoldOptions = (ctx, isBlock) => ({
		indentAtStart: isBlock ? ctx.indent.length : ctx.indentAtStart,
		lineWidth: ctx.options.lineWidth,
		minContentWidth: ctx.options.minContentWidth
	});
	const containsDocumentMarker = (str) => /^(%|---|\.\.\.)/m.test(str);
	function lineLengthOverLimit(str, lineWidth, indentLength) {
		if (!lineWidth || lineWidth < 0) return false;
		const limit = lineWidth - indentLength;
		const strLen = str.length;
		if (strLen <= limit) return false;
		for (let i = 0, start = 0; i < strLen; ++i) if (str[i] === "\n") {
			if (i - start > limit) return true;
			start = i + 1;
			if (strLen - start <= limit) return false;
		}
		return true;
	}
	function doubleQuotedString(value, ctx) {
		const json = JSON.stringify(value);
		if (ctx.options.doubleQuotedAsJSON) return json;
		const { implicitKey } = ctx;
		const minMultiLineLength = ctx.options.doubleQuotedMinMultiLineLength;
		const indent = ctx.indent || (containsDocumentMarker(value) ? "  " : "");
		let str = "";
		let start = 0;
		for (let i = 0, ch = json[i]; ch; ch = json[++i]) {
			if (ch === " " && json[i + 1] === "\\" && json[i + 2] === "n") {
				str += json.slice(start, i) + "\\ ";
				i += 1;
				start = i;
				ch = "\\";
			}
			if (ch === "\\") switch (json[i + 1]) {
				case "u":
					{
						str += json.slice(start, i);
						const code = json.substr(i + 2, 4);
						switch (code) {
							case "0000":
								str += "\\0";
								break;
							case "0007":
								str += "\\a";
								break;
							case "000b":
								str += "\\v";
								break;
							case "001b":
								str += "\\e";
								break;
							case "0085":
								str += "\\N";
								break;
							case "00a0":
								str += "\\_";
								break;
							case "2028":
								str += "\\L";
								break;
							case "2029":
								str += "\\P";
								break;
							default: if (code.substr(0, 2) === "00") str += "\\x" + code.substr(2);
							else str += json.substr(i, 6);
						}
						i += 5;
						start = i + 1;
					}
					break;
				case "n":
					if (implicitKey || json[i + 2] === "\"" || json.length < minMultiLineLength) i += 1;
					else {
						str += json.slice(start, i) + "\n\n";
						while (json[i + 2] === "\\" && json[i + 3] === "n" && json[i + 4] !== "\"") {
							str += "\n";
							i += 2;
						}
						str += indent;
						if (json[i + 2] === " ") str += "\\";
						i += 1;
						start = i + 1;
					}
					break;
				default: i += 1;
			}
		}
		str = start ? str + json.slice(start) : json;
		return implicitKey ? str : foldFlowLines.foldFlowLines(str, indent, foldFlowLines.FOLD_QUOTED, getFoldOptions(ctx, false));
	}
	function singleQuotedString(value, ctx) {
		if (ctx.options.singleQuote === false || ctx.implicitKey && value.includes("\n") || /[ \t]\n|\n[ \t]/.test(value)) return doubleQuotedString(value, ctx);
		const indent = ctx.indent || (containsDocumentMarker(value) ? "  " : "");
		const res = "'" + value.replace(/'/g, "''").replace(/\n+/g, `$&\n${indent}`) + "'";
		return ctx.implicitKey ? res : foldFlowLines.foldFlowLines(res, indent, foldFlowLines.FOLD_FLOW, getFoldOptions(ctx, false));
	}
	function quotedString(value, ctx) {
		const { singleQuote } = ctx.options;
		let qs;
		if (singleQuote === false) qs = doubleQuotedString;
		else {
			const hasDouble = value.includes("\"");
			const hasSingle = value.includes("'");
			if (hasDouble && !hasSingle) qs = singleQuotedString;
			else if (hasSingle && !hasDouble) qs = doubleQuotedString;
			else qs = singleQuote ? singleQuotedString : doubleQuotedString;
		}
		return qs(value, ctx);
	}
	let blockEndNewlines;
	try {
		blockEndNewlines = new RegExp("(^|(?<!\n))\n+(?!\n|$)", "g");
	} catch {
		blockEndNewlines = /\n+(?!\n|$)/g;
	}
	function blockString({ comment, type, value }, ctx, onComment, onChompKeep) {
		const { blockQuote, commentString, lineWidth } = ctx.options;
		if (!blockQuote || /\n[\t ]+$/.test(value)) return quotedString(value, ctx);
		const indent = ctx.indent || (ctx.forceBlockIndent || containsDocumentMarker(value) ? "  " : "");
		const literal = blockQuote === "literal" ? true : blockQuote === "folded" || type === Scalar.Scalar.BLOCK_FOLDED ? false : type === Scalar.Scalar.BLOCK_LITERAL ? true : !lineLengthOverLimit(value, lineWidth, indent.length);
		if (!value) return literal ? "|\n" : ">\n";
		let chomp;
		let endStart;
		for (endStart = value.length; endStart > 0; --endStart) {
			const ch = value[endStart - 1];
			if (ch !== "\n" && ch !== "	" && ch !== " ") break;
		}
		let end = value.substring(endStart);
		const endNlPos = end.indexOf("\n");
		if (endNlPos === -1) chomp = "-";
		else if (value === end || endNlPos !== end.length - 1) {
			chomp = "+";
			if (onChompKeep) onChompKeep();
		} else chomp = "";
		if (end) {
			value = value.slice(0, -end.length);
			if (end[end.length - 1] === "\n") end = end.slice(0, -1);
			end = end.replace(blockEndNewlines, `$&${indent}`);
		}
		let startWithSpace = false;
		let startEnd;
		let startNlPos = -1;
		for (startEnd = 0; startEnd < value.length; ++startEnd) {
			const ch = value[startEnd];
			if (ch === " ") startWithSpace = true;
			else if (ch === "\n") startNlPos = startEnd;
			else break;
		}
		let start = value.substring(0, startNlPos < startEnd ? startNlPos + 1 : startEnd);
		if (start) {
			value = value.substring(start.length);
			start = start.replace(/\n+/g, `$&${indent}`);
		}
		let header = (startWithSpace ? indent ? "2" : "1" : "") + chomp;
		if (comment) {
			header += " " + commentString(comment.replace(/ ?[\r\n]+/g, " "));
			if (onComment) onComment();
		}
		if (!literal) {
			const foldedValue = value.replace(/\n+/g, "\n$&").replace(/(?:^|\n)([\t ].*)(?:([\n\t ]*)\n(?![\n\t ]))?/g, "$1$2").replace(/\n+/g, `$&${indent}`);
			let literalFallback = false;
			const foldOptions = getFoldOptions(ctx, true);
			if (blockQuote !== "folded" && type !== Scalar.Scalar.BLOCK_FOLDED) foldOptions.onOverflow = () => {
				literalFallback = true;
			};
			const body = foldFlowLines.foldFlowLines(`${start}${foldedValue}${end}`, indent, foldFlowLines.FOLD_BLOCK, foldOptions);
			if (!literalFallback) return `>${header}\n${indent}${body}`;
		}
		value = value.replace(/\n+/g, `$&${indent}`);
		return `|${header}\n${indent}${start}${value}${end}`;
	}
	function plainString(item, ctx, onComment, onChompKeep) {
		const { type, value } = item;
		const { actualString, implicitKey, indent, indentStep, inFlow } = ctx;
		if (implicitKey && value.includes("\n") || inFlow && /[[\]{},]/.test(value)) return quotedString(value, ctx);
		if (/^[\n\t ,[\]{}#&*!|>'"%@`]|^[?-]$|^[?-][ \t]|[\n:][ \t]|[ \t]\n|[\n\t ]#|[\n\t :]$/.test(value)) return implicitKey || inFlow || !value.includes("\n") ? quotedString(value, ctx) : blockString(item, ctx, onComment, onChompKeep);
		if (!implicitKey && !inFlow && type !== Scalar.Scalar.PLAIN && value.includes("\n")) return blockString(item, ctx, onComment, onChompKeep);
		if (containsDocumentMarker(value)) {
			if (indent === "") {
				ctx.forceBlockIndent = true;
				return blockString(item, ctx, onComment, onChompKeep);
			} else if (implicitKey && indent === indentStep) return quotedString(value, ctx);
		}
		const str = value.replace(/\n+/g, `$&\n${indent}`);
		if (actualString) {
			const test = (tag) => tag.default && tag.tag !== "tag:yaml.org,2002:str" && tag.test?.test(str);
			const { compat, tags } = ctx.doc.schema;
			if (tags.some(test) || compat?.some(test)) return quotedString(value, ctx);
		}
		return implicitKey ? str : foldFlowLines.foldFlowLines(str, indent, foldFlowLines.FOLD_FLOW, getFoldOptions(ctx, false));
	}
	function stringifyString(item, ctx, onComment, onChompKeep) {
		const { implicitKey, inFlow } = ctx;
		const ss = typeof item.value === "string" ? item : Object.assign({}, item, { value: String(item.value) });
		let { type } = item;
		if (type !== Scalar.Scalar.QUOTE_DOUBLE) {
			if (/[\x00-\x08\x0b-\x1f\x7f-\x9f\u{D800}-\u{DFFF}]/u.test(ss.value)) type = Scalar.Scalar.QUOTE_DOUBLE;
		}
		const _stringify = (_type) => {
			switch (_type) {
				case Scalar.Scalar.BLOCK_FOLDED:
				case Scalar.Scalar.BLOCK_LITERAL: return implicitKey || inFlow ? quotedString(ss.value, ctx) : blockString(ss, ctx, onComment, onChompKeep);
				case Scalar.Scalar.QUOTE_DOUBLE: return doubleQuotedString(ss.value, ctx);
				case Scalar.Scalar.QUOTE_SINGLE: return singleQuotedString(ss.value, ctx);
				case Scalar.Scalar.PLAIN: return plainString(ss, ctx, onComment, onChompKeep);
				default: return null;
			}
		};
		let res = _stringify(type);
		if (res === null) {
			const { defaultKeyType, defaultStringType } = ctx.options;
			const t = implicitKey && defaultKeyType || defaultStringType;
			res = _stringify(t);
			if (res === null) throw new Error(`Unsupported default string type ${t}`);
		}
		return res;
	}
	exports.stringifyString = stringifyString;
}));
// node_modules/yaml/dist/stringify/stringify.js
var require_stringify = /* @__PURE__ */ __commonJSMin(((exports) => {
	var anchors = require_anchors();
	var identity = require_identity();
	var stringifyComment = require_stringifyComment();
	var stringifyString = require_stringifyString();
	function createStringifyContext(doc, options) {
		const opt = Object.assign({
			blockQuote: true,
			commentString: stringifyComment.stringifyComment,
			defaultKeyType: null,
			defaultStringType: "PLAIN",
			directives: null,
			doubleQuotedAsJSON: false,
			doubleQuotedMinMultiLineLength: 40,
			falseStr: "false",
			flowCollectionPadding: true,
			indentSeq: true,
			lineWidth: 80,
			minContentWidth: 20,
			nullStr: "null",
			simpleKeys: false,
			singleQuote: null,
			trailingComma: false,
			trueStr: "true",
			verifyAliasOrder: true
		}, doc.schema.toStringOptions, options);
		let inFlow;
		switch (opt.collectionStyle) {
			case "block":
				inFlow = false;
				break;
			case "flow":
				inFlow = true;
				break;
			default: inFlow = null;
		}
		return {
			anchors: /* @__PURE__ */ new Set(),
			doc,
			flowCollectionPadding: opt.flowCollectionPadding ? " " : "",
			indent: "",
			indentStep: typeof opt.indent === "number" ? " ".repeat(opt.indent) : "  ",
			inFlow,
			options: opt
		};
	}
	function getTagObject(tags, item) {
		if (item.tag) {
			const match = tags.filter((t) => t.tag === item.tag);
			if (match.length > 0) return match.find((t) => t.format === item.format) ?? match[0];
		}
		let tagObj = void 0;
		let obj;
		if (identity.isScalar(item)) {
			obj = item.value;
			let match = tags.filter((t) => t.identify?.(obj));
			if (match.length > 1) {
				const testMatch = match.filter((t) => t.test);
				if (testMatch.length > 0) match = testMatch;
			}
			tagObj = match.find((t) => t.format === item.format) ?? match.find((t) => !t.format);
		} else {
			obj = item;
			tagObj = tags.find((t) => t.nodeClass && obj instanceof t.nodeClass);
		}
		if (!tagObj) {
			const name = obj?.constructor?.name ?? (obj === null ? "null" : typeof obj);
			throw new Error(`Tag not resolved for ${name} value`);
		}
		return tagObj;
	}
	function stringifyProps(node, tagObj, { anchors: anchors$1, doc }) {
		if (!doc.directives) return "";
		const props = [];
		const anchor = (identity.isScalar(node) || identity.isCollection(node)) && node.anchor;
		if (anchor && anchors.anchorIsValid(anchor)) {
			anchors$1.add(anchor);
			props.push(`&${anchor}`);
		}
		const tag = node.tag ?? (tagObj.default ? null : tagObj.tag);
		if (tag) props.push(doc.directives.tagString(tag));
		return props.join(" ");
	}
	function stringify(item, ctx, onComment, onChompKeep) {
		if (identity.isPair(item)) return item.toString(ctx, onComment, onChompKeep);
		if (identity.isAlias(item)) {
			if (ctx.doc.directives) return item.toString(ctx);
			if (ctx.resolvedAliases?.has(item)) throw new TypeError(`Cannot stringify circular structure without alias nodes`);
			else {
				if (ctx.resolvedAliases) ctx.resolvedAliases.add(item);
				else ctx.resolvedAliases = /* @__PURE__ */ new Set([item]);
				item = item.resolve(ctx.doc);
			}
		}
		let tagObj = void 0;
		const node = identity.isNode(item) ? item : ctx.doc.createNode(item, { onTagObj: (o) => tagObj = o });
		tagObj ?? (tagObj = getTagObject(ctx.doc.schema.tags, node));
		const props = stringifyProps(node, tagObj, ctx);
		if (props.length > 0) ctx.indentAtStart = (ctx.indentAtStart ?? 0) + props.length + 1;
		const str = typeof tagObj.stringify === "function" ? tagObj.stringify(node, ctx, onComment, onChompKeep) : identity.isScalar(node) ? stringifyString.stringifyString(node, ctx, onComment, onChompKeep) : node.toString(ctx, onComment, onChompKeep);
		if (!props) return str;
		return identity.isScalar(node) || str[0] === "{" || str[0] === "[" ? `${props} ${str}` : `${props}\n${ctx.indent}${str}`;
	}
	exports.createStringifyContext = createStringifyContext;
	exports.stringify = stringify;
}));
// node_modules/yaml/dist/stringify/stringifyPair.js
var require_stringifyPair = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	var stringify = require_stringify();
	var stringifyComment = require_stringifyComment();
	function stringifyPair({ key, value }, ctx, onComment, onChompKeep) {
		const { allNullValues, doc, indent, indentStep, options: { commentString, indentSeq, simpleKeys } } = ctx;
		let keyComment = identity.isNode(key) && key.comment || null;
		if (simpleKeys) {
			if (keyComment) throw new Error("With simple keys, key nodes cannot have comments");
			if (identity.isCollection(key) || !identity.isNode(key) && typeof key === "object") throw new Error("With simple keys, collection cannot be used as a key value");
		}
		let explicitKey = !simpleKeys && (!key || keyComment && value == null && !ctx.inFlow || identity.isCollection(key) || (identity.isScalar(key) ? key.type === Scalar.Scalar.BLOCK_FOLDED || key.type === Scalar.Scalar.BLOCK_LITERAL : typeof key === "object"));
		ctx = Object.assign({}, ctx, {
			allNullValues: false,
			implicitKey: !explicitKey && (simpleKeys || !allNullValues),
			indent: indent + indentStep
		});
		let keyCommentDone = false;
		let chompKeep = false;
		let str = stringify.stringify(key, ctx, () => keyCommentDone = true, () => chompKeep = true);
		if (!explicitKey && !ctx.inFlow && str.length > 1024) {
			if (simpleKeys) throw new Error("With simple keys, single line scalar must not span more than 1024 characters");
			explicitKey = true;
		}
		if (ctx.inFlow) {
			if (allNullValues || value == null) {
				if (keyCommentDone && onComment) onComment();
				return str === "" ? "?" : explicitKey ? `? ${str}` : str;
			}
		} else if (allNullValues && !simpleKeys || value == null && explicitKey) {
			str = `? ${str}`;
			if (keyComment && !keyCommentDone) str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
			else if (chompKeep && onChompKeep) onChompKeep();
			return str;
		}
		if (keyCommentDone) keyComment = null;
		if (explicitKey) {
			if (keyComment) str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
			str = `? ${str}\n${indent}:`;
		} else {
			str = `${str}:`;
			if (keyComment) str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
		}
		let vsb, vcb, valueComment;
		if (identity.isNode(value)) {
			vsb = !!value.spaceBefore;
			vcb = value.commentBefore;
			valueComment = value.comment;
		} else {
			vsb = false;
			vcb = null;
			valueComment = null;
			if (value && typeof value === "object") value = doc.createNode(value);
		}
		ctx.implicitKey = false;
		if (!explicitKey && !keyComment && identity.isScalar(value)) ctx.indentAtStart = str.length + 1;
		chompKeep = false;
		if (!indentSeq && indentStep.length >= 2 && !ctx.inFlow && !explicitKey && identity.isSeq(value) && !value.flow && !value.tag && !value.anchor) ctx.indent = ctx.indent.substring(2);
		let valueCommentDone = false;
		const valueStr = stringify.stringify(value, ctx, () => valueCommentDone = true, () => chompKeep = true);
		let ws = " ";
		if (keyComment || vsb || vcb) {
			ws = vsb ? "\n" : "";
			if (vcb) {
				const cs = commentString(vcb);
				ws += `\n${stringifyComment.indentComment(cs, ctx.indent)}`;
			}
			if (valueStr === "" && !ctx.inFlow) {
				if (ws === "\n" && valueComment) ws = "\n\n";
			} else ws += `\n${ctx.indent}`;
		} else if (!explicitKey && identity.isCollection(value)) {
			const vs0 = valueStr[0];
			const nl0 = valueStr.indexOf("\n");
			const hasNewline = nl0 !== -1;
			const flow = ctx.inFlow ?? value.flow ?? value.items.length === 0;
			if (hasNewline || !flow) {
				let hasPropsLine = false;
				if (hasNewline && (vs0 === "&" || vs0 === "!")) {
					let sp0 = valueStr.indexOf(" ");
					if (vs0 === "&" && sp0 !== -1 && sp0 < nl0 && valueStr[sp0 + 1] === "!") sp0 = valueStr.indexOf(" ", sp0 + 1);
					if (sp0 === -1 || nl0 < sp0) hasPropsLine = true;
				}
				if (!hasPropsLine) ws = `\n${ctx.indent}`;
			}
		} else if (valueStr === "" || valueStr[0] === "\n") ws = "";
		str += ws + valueStr;
		if (ctx.inFlow) {
			if (valueCommentDone && onComment) onComment();
		} else if (valueComment && !valueCommentDone) str += stringifyComment.lineComment(str, ctx.indent, commentString(valueComment));
		else if (chompKeep && onChompKeep) onChompKeep();
		return str;
	}
	exports.stringifyPair = stringifyPair;
}));
// node_modules/yaml/dist/log.js
var require_log = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_process = __require("process");
	function debug(logLevel, ...messages) {
		if (logLevel === "debug") console.log(...messages);
	}
	function warn(logLevel, warning) {
		if (logLevel === "debug" || logLevel === "warn") {
			if (typeof node_process.emitWarning === "function") node_process.emitWarning(warning);
			else console.warn(warning);
		}
	}
	exports.debug = debug;
	exports.warn = warn;
}));
// node_modules/yaml/dist/schema/yaml-1.1/merge.js
var require_merge = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	const MERGE_KEY = "<<";
	const merge = {
		identify: (value) => value === MERGE_KEY || typeof value === "symbol" && value.description === MERGE_KEY,
		default: "key",
		tag: "tag:yaml.org,2002:merge",
		test: /^<<$/,
		resolve: () => Object.assign(new Scalar.Scalar(Symbol(MERGE_KEY)), { addToJSMap: addMergeToJSMap }),
		stringify: () => MERGE_KEY
	};
	const isMergeKey = (ctx, key) => (merge.identify(key) || identity.isScalar(key) && (!key.type || key.type === Scalar.Scalar.PLAIN) && merge.identify(key.value)) && ctx?.doc.schema.tags.some((tag) => tag.tag === merge.tag && tag.default);
	function addMergeToJSMap(ctx, map, value) {
		const source = resolveAliasValue(ctx, value);
		if (identity.isSeq(source)) for (const it of source.items) mergeValue(ctx, map, it);
		else if (Array.isArray(source)) for (const it of source) mergeValue(ctx, map, it);
		else mergeValue(ctx, map, source);
	}
	function mergeValue(ctx, map, value) {
		const source = resolveAliasValue(ctx, value);
		if (!identity.isMap(source)) throw new Error("Merge sources must be maps or map aliases");
		const srcMap = source.toJSON(null, ctx, Map);
		for (const [key, value] of srcMap) if (map instanceof Map) {
			if (!map.has(key)) map.set(key, value);
		} else if (map instanceof Set) map.add(key);
		else if (!Object.prototype.hasOwnProperty.call(map, key)) Object.defineProperty(map, key, {
			value,
			writable: true,
			enumerable: true,
			configurable: true
		});
		return map;
	}
	function resolveAliasValue(ctx, value) {
		return ctx && identity.isAlias(value) ? value.resolve(ctx.doc, ctx) : value;
	}
	exports.addMergeToJSMap = addMergeToJSMap;
	exports.isMergeKey = isMergeKey;
	exports.merge = merge;
}));
// node_modules/yaml/dist/nodes/addPairToJSMap.js
var require_addPairToJSMap = /* @__PURE__ */ __commonJSMin(((exports) => {
	var log = require_log();
	var merge = require_merge();
	var stringify = require_stringify();
	var identity = require_identity();
	var toJS = require_toJS();
	function addPairToJSMap(ctx, map, { key, value }) {
		if (identity.isNode(key) && key.addToJSMap) key.addToJSMap(ctx, map, value);
		else if (merge.isMergeKey(ctx, key)) merge.addMergeToJSMap(ctx, map, value);
		else {
			const jsKey = toJS.toJS(key, "", ctx);
			if (map instanceof Map) map.set(jsKey, toJS.toJS(value, jsKey, ctx));
			else if (map instanceof Set) map.add(jsKey);
			else {
				const stringKey = stringifyKey(key, jsKey, ctx);
				const jsValue = toJS.toJS(value, stringKey, ctx);
				if (stringKey in map) Object.defineProperty(map, stringKey, {
					value: jsValue,
					writable: true,
					enumerable: true,
					configurable: true
				});
				else map[stringKey] = jsValue;
			}
		}
		return map;
	}
	function stringifyKey(key, jsKey, ctx) {
		if (jsKey === null) return "";
		if (typeof jsKey !== "object") return String(jsKey);
		if (identity.isNode(key) && ctx?.doc) {
			const strCtx = stringify.createStringifyContext(ctx.doc, {});
			strCtx.anchors = /* @__PURE__ */ new Set();
			for (const node of ctx.anchors.keys()) strCtx.anchors.add(node.anchor);
			strCtx.inFlow = true;
			strCtx.inStringifyKey = true;
			const strKey = key.toString(strCtx);
			if (!ctx.mapKeyWarned) {
				let jsonStr = JSON.stringify(strKey);
				if (jsonStr.length > 40) jsonStr = jsonStr.substring(0, 36) + "...\"";
				log.warn(ctx.doc.options.logLevel, `Keys with collection values will be stringified due to JS Object restrictions: ${jsonStr}. Set mapAsMap: true to use object keys.`);
				ctx.mapKeyWarned = true;
			}
			return strKey;
		}
		return JSON.stringify(jsKey);
	}
	exports.addPairToJSMap = addPairToJSMap;
}));
// node_modules/yaml/dist/nodes/Pair.js
var require_Pair = /* @__PURE__ */ __commonJSMin(((exports) => {
	var createNode = require_createNode();
	var stringifyPair = require_stringifyPair();
	var addPairToJSMap = require_addPairToJSMap();
	var identity = require_identity();
	function createPair(key, value, ctx) {
		return new Pair(createNode.createNode(key, void 0, ctx), createNode.createNode(value, void 0, ctx));
	}
	var Pair = class Pair {
		constructor(key, value = null) {
			Object.defineProperty(this, identity.NODE_TYPE, { value: identity.PAIR });
			this.key = key;
			this.value = value;
		}
		clone(schema) {
			let { key, value } = this;
			if (identity.isNode(key)) key = key.clone(schema);
			if (identity.isNode(value)) value = value.clone(schema);
			return new Pair(key, value);
		}
		toJSON(_, ctx) {
			const pair = ctx?.mapAsMap ? /* @__PURE__ */ new Map() : {};
			return addPairToJSMap.addPairToJSMap(ctx, pair, this);
		}
		toString(ctx, onComment, onChompKeep) {
			return ctx?.doc ? stringifyPair.stringifyPair(this, ctx, onComment, onChompKeep) : JSON.stringify(this);
		}
	};
	exports.Pair = Pair;
	exports.createPair = createPair;
}));
// node_modules/yaml/dist/stringify/stringifyCollection.js
var require_stringifyCollection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var stringify = require_stringify();
	var stringifyComment = require_stringifyComment();
	function stringifyCollection(collection, ctx, options) {
		return (ctx.inFlow ?? collection.flow ? stringifyFlowCollection : stringifyBlockCollection)(collection, ctx, options);
	}
	function stringifyBlockCollection({ comment, items }, ctx, { blockItemPrefix, flowChars, itemIndent, onChompKeep, onComment }) {
		const { indent, options: { commentString } } = ctx;
		const itemCtx = Object.assign({}, ctx, {
			indent: itemIndent,
			type: null
		});
		let chompKeep = false;
		const lines = [];
		for (let i = 0; i < items.length; ++i) {
			const item = items[i];
			let comment = null;
			if (identity.isNode(item)) {
				if (!chompKeep && item.spaceBefore) lines.push("");
				addCommentBefore(ctx, lines, item.commentBefore, chompKeep);
				if (item.comment) comment = item.comment;
			} else if (identity.isPair(item)) {
				const ik = identity.isNode(item.key) ? item.key : null;
				if (ik) {
					if (!chompKeep && ik.spaceBefore) lines.push("");
					addCommentBefore(ctx, lines, ik.commentBefore, chompKeep);
				}
			}
			chompKeep = false;
			let str = stringify.stringify(item, itemCtx, () => comment = null, () => chompKeep = true);
			if (comment) str += stringifyComment.lineComment(str, itemIndent, commentString(comment));
			if (chompKeep && comment) chompKeep = false;
			lines.push(blockItemPrefix + str);
		}
		let str;
		if (lines.length === 0) str = flowChars.start + flowChars.end;
		else {
			str = lines[0];
			for (let i = 1; i < lines.length; ++i) {
				const line = lines[i];
				str += line ? `\n${indent}${line}` : "\n";
			}
		}
		if (comment) {
			str += "\n" + stringifyComment.indentComment(commentString(comment), indent);
			if (onComment) onComment();
		} else if (chompKeep && onChompKeep) onChompKeep();
		return str;
	}
	function stringifyFlowCollection({ items }, ctx, { flowChars, itemIndent }) {
		const { indent, indentStep, flowCollectionPadding: fcPadding, options: { commentString } } = ctx;
		itemIndent += indentStep;
		const itemCtx = Object.assign({}, ctx, {
			indent: itemIndent,
			inFlow: true,
			type: null
		});
		let reqNewline = false;
		let linesAtValue = 0;
		const lines = [];
		for (let i = 0; i < items.length; ++i) {
			const item = items[i];
			let comment = null;
			if (identity.isNode(item)) {
				if (item.spaceBefore) lines.push("");
				addCommentBefore(ctx, lines, item.commentBefore, false);
				if (item.comment) comment = item.comment;
			} else if (identity.isPair(item)) {
				const ik = identity.isNode(item.key) ? item.key : null;
				if (ik) {
					if (ik.spaceBefore) lines.push("");
					addCommentBefore(ctx, lines, ik.commentBefore, false);
					if (ik.comment) reqNewline = true;
				}
				const iv = identity.isNode(item.value) ? item.value : null;
				if (iv) {
					if (iv.comment) comment = iv.comment;
					if (iv.commentBefore) reqNewline = true;
				} else if (item.value == null && ik?.comment) comment = ik.comment;
			}
			if (comment) reqNewline = true;
			let str = stringify.stringify(item, itemCtx, () => comment = null);
			reqNewline || (reqNewline = lines.length > linesAtValue || str.includes("\n"));
			if (i < items.length - 1) str += ",";
			else if (ctx.options.trailingComma) {
				if (ctx.options.lineWidth > 0) reqNewline || (reqNewline = lines.reduce((sum, line) => sum + line.length + 2, 2) + (str.length + 2) > ctx.options.lineWidth);
				if (reqNewline) str += ",";
			}
			if (comment) str += stringifyComment.lineComment(str, itemIndent, commentString(comment));
			lines.push(str);
			linesAtValue = lines.length;
		}
		const { start, end } = flowChars;
		if (lines.length === 0) return start + end;
		else {
			if (!reqNewline) {
				const len = lines.reduce((sum, line) => sum + line.length + 2, 2);
				reqNewline = ctx.options.lineWidth > 0 && len > ctx.options.lineWidth;
			}
			if (reqNewline) {
				let str = start;
				for (const line of lines) str += line ? `\n${indentStep}${indent}${line}` : "\n";
				return `${str}\n${indent}${end}`;
			} else return `${start}${fcPadding}${lines.join(" ")}${fcPadding}${end}`;
		}
	}
	function addCommentBefore({ indent, options: { commentString } }, lines, comment, chompKeep) {
		if (comment && chompKeep) comment = comment.replace(/^\n+/, "");
		if (comment) {
			const ic = stringifyComment.indentComment(commentString(comment), indent);
			lines.push(ic.trimStart());
		}
	}
	exports.stringifyCollection = stringifyCollection;
}));
// node_modules/yaml/dist/nodes/YAMLMap.js
var require_YAMLMap = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyCollection = require_stringifyCollection();
	var addPairToJSMap = require_addPairToJSMap();
	var Collection = require_Collection();
	var identity = require_identity();
	var Pair = require_Pair();
	var Scalar = require_Scalar();
	function findPair(items, key) {
		const k = identity.isScalar(key) ? key.value : key;
		for (const it of items) if (identity.isPair(it)) {
			if (it.key === key || it.key === k) return it;
			if (identity.isScalar(it.key) && it.key.value === k) return it;
		}
	}
	var YAMLMap = class extends Collection.Collection {
		static get tagName() {
			return "tag:yaml.org,2002:map";
		}
		constructor(schema) {
			super(identity.MAP, schema);
			this.items = [];
		}
		/**
		* A generic collection parsing method that can be extended
		* to other node classes that inherit from YAMLMap
		*/
		static from(schema, obj, ctx) {
			const { keepUndefined, replacer } = ctx;
			const map = new this(schema);
			const add = (key, value) => {
				if (typeof replacer === "function") value = replacer.call(obj, key, value);
				else if (Array.isArray(replacer) && !replacer.includes(key)) return;
				if (value !== void 0 || keepUndefined) map.items.push(Pair.createPair(key, value, ctx));
			};
			if (obj instanceof Map) for (const [key, value] of obj) add(key, value);
			else if (obj && typeof obj === "object") for (const key of Object.keys(obj)) add(key, obj[key]);
			if (typeof schema.sortMapEntries === "function") map.items.sort(schema.sortMapEntries);
			return map;
		}
		/**
		* Adds a value to the collection.
		*
		* @param overwrite - If not set `true`, using a key that is already in the
		*   collection will throw. Otherwise, overwrites the previous value.
		*/
		add(pair, overwrite) {
			let _pair;
			if (identity.isPair(pair)) _pair = pair;
			else if (!pair || typeof pair !== "object" || !("key" in pair)) _pair = new Pair.Pair(pair, pair?.value);
			else _pair = new Pair.Pair(pair.key, pair.value);
			const prev = findPair(this.items, _pair.key);
			const sortEntries = this.schema?.sortMapEntries;
			if (prev) {
				if (!overwrite) throw new Error(`Key ${_pair.key} already set`);
				if (identity.isScalar(prev.value) && Scalar.isScalarValue(_pair.value)) prev.value.value = _pair.value;
				else prev.value = _pair.value;
			} else if (sortEntries) {
				const i = this.items.findIndex((item) => sortEntries(_pair, item) < 0);
				if (i === -1) this.items.push(_pair);
				else this.items.splice(i, 0, _pair);
			} else this.items.push(_pair);
		}
		delete(key) {
			const it = findPair(this.items, key);
			if (!it) return false;
			return this.items.splice(this.items.indexOf(it), 1).length > 0;
		}
		get(key, keepScalar) {
			const node = findPair(this.items, key)?.value;
			return (!keepScalar && identity.isScalar(node) ? node.value : node) ?? void 0;
		}
		has(key) {
			return !!findPair(this.items, key);
		}
		set(key, value) {
			this.add(new Pair.Pair(key, value), true);
		}
		/**
		* @param ctx - Conversion context, originally set in Document#toJS()
		* @param {Class} Type - If set, forces the returned collection type
		* @returns Instance of Type, Map, or Object
		*/
		toJSON(_, ctx, Type) {
			const map = Type ? new Type() : ctx?.mapAsMap ? /* @__PURE__ */ new Map() : {};
			if (ctx?.onCreate) ctx.onCreate(map);
			for (const item of this.items) addPairToJSMap.addPairToJSMap(ctx, map, item);
			return map;
		}
		toString(ctx, onComment, onChompKeep) {
			if (!ctx) return JSON.stringify(this);
			for (const item of this.items) if (!identity.isPair(item)) throw new Error(`Map items must all be pairs; found ${JSON.stringify(item)} instead`);
			if (!ctx.allNullValues && this.hasAllNullValues(false)) ctx = Object.assign({}, ctx, { allNullValues: true });
			return stringifyCollection.stringifyCollection(this, ctx, {
				blockItemPrefix: "",
				flowChars: {
					start: "{",
					end: "}"
				},
				itemIndent: ctx.indent || "",
				onChompKeep,
				onComment
			});
		}
	};
	exports.YAMLMap = YAMLMap;
	exports.findPair = findPair;
}));
// node_modules/yaml/dist/schema/common/map.js
var require_map = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var YAMLMap = require_YAMLMap();
	exports.map = {
		collection: "map",
		default: true,
		nodeClass: YAMLMap.YAMLMap,
		tag: "tag:yaml.org,2002:map",
		resolve(map, onError) {
			if (!identity.isMap(map)) onError("Expected a mapping for this tag");
			return map;
		},
		createNode: (schema, obj, ctx) => YAMLMap.YAMLMap.from(schema, obj, ctx)
	};
}));
// node_modules/yaml/dist/nodes/YAMLSeq.js
var require_YAMLSeq = /* @__PURE__ */ __commonJSMin(((exports) => {
	var createNode = require_createNode();
	var stringifyCollection = require_stringifyCollection();
	var Collection = require_Collection();
	var identity = require_identity();
	var Scalar = require_Scalar();
	var toJS = require_toJS();
	var YAMLSeq = class extends Collection.Collection {
		static get tagName() {
			return "tag:yaml.org,2002:seq";
		}
		constructor(schema) {
			super(identity.SEQ, schema);
			this.items = [];
		}
		add(value) {
			this.items.push(value);
		}
		/**
		* Removes a value from the collection.
		*
		* `key` must contain a representation of an integer for this to succeed.
		* It may be wrapped in a `Scalar`.
		*
		* @returns `true` if the item was found and removed.
		*/
		delete(key) {
			const idx = asItemIndex(key);
			if (typeof idx !== "number") return false;
			return this.items.splice(idx, 1).length > 0;
		}
		get(key, keepScalar) {
			const idx = asItemIndex(key);
			if (typeof idx !== "number") return void 0;
			const it = this.items[idx];
			return !keepScalar && identity.isScalar(it) ? it.value : it;
		}
		/**
		* Checks if the collection includes a value with the key `key`.
		*
		* `key` must contain a representation of an integer for this to succeed.
		* It may be wrapped in a `Scalar`.
		*/
		has(key) {
			const idx = asItemIndex(key);
			return typeof idx === "number" && idx < this.items.length;
		}
		/**
		* Sets a value in this collection. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*
		* If `key` does not contain a representation of an integer, this will throw.
		* It may be wrapped in a `Scalar`.
		*/
		set(key, value) {
			const idx = asItemIndex(key);
			if (typeof idx !== "number") throw new Error(`Expected a valid index, not ${key}.`);
			const prev = this.items[idx];
			if (identity.isScalar(prev) && Scalar.isScalarValue(value)) prev.value = value;
			else this.items[idx] = value;
		}
		toJSON(_, ctx) {
			const seq = [];
			if (ctx?.onCreate) ctx.onCreate(seq);
			let i = 0;
			for (const item of this.items) seq.push(toJS.toJS(item, String(i++), ctx));
			return seq;
		}
		toString(ctx, onComment, onChompKeep) {
			if (!ctx) return JSON.stringify(this);
			return stringifyCollection.stringifyCollection(this, ctx, {
				blockItemPrefix: "- ",
				flowChars: {
					start: "[",
					end: "]"
				},
				itemIndent: (ctx.indent || "") + "  ",
				onChompKeep,
				onComment
			});
		}
		static from(schema, obj, ctx) {
			const { replacer } = ctx;
			const seq = new this(schema);
			if (obj && Symbol.iterator in Object(obj)) {
				let i = 0;
				for (let it of obj) {
					if (typeof replacer === "function") {
						const key = obj instanceof Set ? it : String(i++);
						it = replacer.call(obj, key, it);
					}
					seq.items.push(createNode.createNode(it, void 0, ctx));
				}
			}
			return seq;
		}
	};
	function asItemIndex(key) {
		let idx = identity.isScalar(key) ? key.value : key;
		if (idx && typeof idx === "string") idx = Number(idx);
		return typeof idx === "number" && Number.isInteger(idx) && idx >= 0 ? idx : null;
	}
	exports.YAMLSeq = YAMLSeq;
}));
// node_modules/yaml/dist/schema/common/seq.js
var require_seq = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var YAMLSeq = require_YAMLSeq();
	exports.seq = {
		collection: "seq",
		default: true,
		nodeClass: YAMLSeq.YAMLSeq,
		tag: "tag:yaml.org,2002:seq",
		resolve(seq, onError) {
			if (!identity.isSeq(seq)) onError("Expected a sequence for this tag");
			return seq;
		},
		createNode: (schema, obj, ctx) => YAMLSeq.YAMLSeq.from(schema, obj, ctx)
	};
}));
// node_modules/yaml/dist/schema/common/string.js
var require_string = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyString = require_stringifyString();
	exports.string = {
		identify: (value) => typeof value === "string",
		default: true,
		tag: "tag:yaml.org,2002:str",
		resolve: (str) => str,
		stringify(item, ctx, onComment, onChompKeep) {
			ctx = Object.assign({ actualString: true }, ctx);
			return stringifyString.stringifyString(item, ctx, onComment, onChompKeep);
		}
	};
}));
// node_modules/yaml/dist/schema/common/null.js
var require_null = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	const nullTag = {
		identify: (value) => value == null,
		createNode: () => new Scalar.Scalar(null),
		default: true,
		tag: "tag:yaml.org,2002:null",
		test: /^(?:~|[Nn]ull|NULL)?$/,
		resolve: () => new Scalar.Scalar(null),
		stringify: ({ source }, ctx) => typeof source === "string" && nullTag.test.test(source) ? source : ctx.options.nullStr
	};
	exports.nullTag = nullTag;
}));
// node_modules/yaml/dist/schema/core/bool.js
var require_bool$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	const boolTag = {
		identify: (value) => typeof value === "boolean",
		default: true,
		tag: "tag:yaml.org,2002:bool",
		test: /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/,
		resolve: (str) => new Scalar.Scalar(str[0] === "t" || str[0] === "T"),
		stringify({ source, value }, ctx) {
			if (source && boolTag.test.test(source)) {
				if (value === (source[0] === "t" || source[0] === "T")) return source;
			}
			return value ? ctx.options.trueStr : ctx.options.falseStr;
		}
	};
	exports.boolTag = boolTag;
}));
// node_modules/yaml/dist/stringify/stringifyNumber.js
var require_stringifyNumber = /* @__PURE__ */ __commonJSMin(((exports) => {
	function stringifyNumber({ format, minFractionDigits, tag, value }) {
		if (typeof value === "bigint") return String(value);
		const num = typeof value === "number" ? value : Number(value);
		if (!isFinite(num)) return isNaN(num) ? ".nan" : num < 0 ? "-.inf" : ".inf";
		let n = Object.is(value, -0) ? "-0" : JSON.stringify(value);
		if (!format && minFractionDigits && (!tag || tag === "tag:yaml.org,2002:float") && /^-?\d/.test(n) && !n.includes("e")) {
			let i = n.indexOf(".");
			if (i < 0) {
				i = n.length;
				n += ".";
			}
			let d = minFractionDigits - (n.length - i - 1);
			while (d-- > 0) n += "0";
		}
		return n;
	}
	exports.stringifyNumber = stringifyNumber;
}));
// node_modules/yaml/dist/schema/core/float.js
var require_float$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var stringifyNumber = require_stringifyNumber();
	const floatNaN = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
		resolve: (str) => str.slice(-3).toLowerCase() === "nan" ? NaN : str[0] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
		stringify: stringifyNumber.stringifyNumber
	};
	const floatExp = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		format: "EXP",
		test: /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$/,
		resolve: (str) => parseFloat(str),
		stringify(node) {
			const num = Number(node.value);
			return isFinite(num) ? num.toExponential() : stringifyNumber.stringifyNumber(node);
		}
	};
	exports.float = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)$/,
		resolve(str) {
			const node = new Scalar.Scalar(parseFloat(str));
			const dot = str.indexOf(".");
			if (dot !== -1 && str[str.length - 1] === "0") node.minFractionDigits = str.length - dot - 1;
			return node;
		},
		stringify: stringifyNumber.stringifyNumber
	};
	exports.floatExp = floatExp;
	exports.floatNaN = floatNaN;
}));
// node_modules/yaml/dist/schema/core/int.js
var require_int$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyNumber = require_stringifyNumber();
	const intIdentify = (value) => typeof value === "bigint" || Number.isInteger(value);
	const intResolve = (str, offset, radix, { intAsBigInt }) => intAsBigInt ? BigInt(str) : parseInt(str.substring(offset), radix);
	function intStringify(node, radix, prefix) {
		const { value } = node;
		if (intIdentify(value) && value >= 0) return prefix + value.toString(radix);
		return stringifyNumber.stringifyNumber(node);
	}
	const intOct = {
		identify: (value) => intIdentify(value) && value >= 0,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "OCT",
		test: /^0o[0-7]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 8, opt),
		stringify: (node) => intStringify(node, 8, "0o")
	};
	const int = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		test: /^[-+]?[0-9]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 0, 10, opt),
		stringify: stringifyNumber.stringifyNumber
	};
	const intHex = {
		identify: (value) => intIdentify(value) && value >= 0,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "HEX",
		test: /^0x[0-9a-fA-F]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 16, opt),
		stringify: (node) => intStringify(node, 16, "0x")
	};
	exports.int = int;
	exports.intHex = intHex;
	exports.intOct = intOct;
}));
// node_modules/yaml/dist/schema/core/schema.js
var require_schema$2 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var map = require_map();
	var _null = require_null();
	var seq = require_seq();
	var string = require_string();
	var bool = require_bool$1();
	var float = require_float$1();
	var int = require_int$1();
	exports.schema = [
		map.map,
		seq.seq,
		string.string,
		_null.nullTag,
		bool.boolTag,
		int.intOct,
		int.int,
		int.intHex,
		float.floatNaN,
		float.floatExp,
		float.float
	];
}));
// node_modules/yaml/dist/schema/json/schema.js
var require_schema$1 = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var map = require_map();
	var seq = require_seq();
	function intIdentify(value) {
		return typeof value === "bigint" || Number.isInteger(value);
	}
	const stringifyJSON = ({ value }) => JSON.stringify(value);
	const jsonScalars = [
		{
			identify: (value) => typeof value === "string",
			default: true,
			tag: "tag:yaml.org,2002:str",
			resolve: (str) => str,
			stringify: stringifyJSON
		},
		{
			identify: (value) => value == null,
			createNode: () => new Scalar.Scalar(null),
			default: true,
			tag: "tag:yaml.org,2002:null",
			test: /^null$/,
			resolve: () => null,
			stringify: stringifyJSON
		},
		{
			identify: (value) => typeof value === "boolean",
			default: true,
			tag: "tag:yaml.org,2002:bool",
			test: /^true$|^false$/,
			resolve: (str) => str === "true",
			stringify: stringifyJSON
		},
		{
			identify: intIdentify,
			default: true,
			tag: "tag:yaml.org,2002:int",
			test: /^-?(?:0|[1-9][0-9]*)$/,
			resolve: (str, _onError, { intAsBigInt }) => intAsBigInt ? BigInt(str) : parseInt(str, 10),
			stringify: ({ value }) => intIdentify(value) ? value.toString() : JSON.stringify(value)
		},
		{
			identify: (value) => typeof value === "number",
			default: true,
			tag: "tag:yaml.org,2002:float",
			test: /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$/,
			resolve: (str) => parseFloat(str),
			stringify: stringifyJSON
		}
	];
	exports.schema = [map.map, seq.seq].concat(jsonScalars, {
		default: true,
		tag: "",
		test: /^/,
		resolve(str, onError) {
			onError(`Unresolved plain scalar ${JSON.stringify(str)}`);
			return str;
		}
	});
}));
// node_modules/yaml/dist/schema/yaml-1.1/binary.js
var require_binary = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_buffer = __require("buffer");
	var Scalar = require_Scalar();
	var stringifyString = require_stringifyString();
	exports.binary = {
		identify: (value) => value instanceof Uint8Array,
		default: false,
		tag: "tag:yaml.org,2002:binary",
		/**
		* Returns a Buffer in node and an Uint8Array in browsers
		*
		* To use the resulting buffer as an image, you'll want to do something like:
		*
		*   const blob = new Blob([buffer], { type: 'image/jpeg' })
		*   document.querySelector('#photo').src = URL.createObjectURL(blob)
		*/
		resolve(src, onError) {
			if (typeof node_buffer.Buffer === "function") return node_buffer.Buffer.from(src, "base64");
			else if (typeof atob === "function") {
				const str = atob(src.replace(/[\n\r]/g, ""));
				const buffer = new Uint8Array(str.length);
				for (let i = 0; i < str.length; ++i) buffer[i] = str.charCodeAt(i);
				return buffer;
			} else {
				onError("This environment does not support reading binary tags; either Buffer or atob is required");
				return src;
			}
		},
		stringify({ comment, type, value }, ctx, onComment, onChompKeep) {
			if (!value) return "";
			const buf = value;
			let str;
			if (typeof node_buffer.Buffer === "function") str = buf instanceof node_buffer.Buffer ? buf.toString("base64") : node_buffer.Buffer.from(buf.buffer).toString("base64");
			else if (typeof btoa === "function") {
				let s = "";
				for (let i = 0; i < buf.length; ++i) s += String.fromCharCode(buf[i]);
				str = btoa(s);
			} else throw new Error("This environment does not support writing binary tags; either Buffer or btoa is required");
			type ?? (type = Scalar.Scalar.BLOCK_LITERAL);
			if (type !== Scalar.Scalar.QUOTE_DOUBLE) {
				const lineWidth = Math.max(ctx.options.lineWidth - ctx.indent.length, ctx.options.minContentWidth);
				const n = Math.ceil(str.length / lineWidth);
				const lines = new Array(n);
				for (let i = 0, o = 0; i < n; ++i, o += lineWidth) lines[i] = str.substr(o, lineWidth);
				str = lines.join(type === Scalar.Scalar.BLOCK_LITERAL ? "\n" : " ");
			}
			return stringifyString.stringifyString({
				comment,
				type,
				value: str
			}, ctx, onComment, onChompKeep);
		}
	};
}));
// node_modules/yaml/dist/schema/yaml-1.1/pairs.js
var require_pairs = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Pair = require_Pair();
	var Scalar = require_Scalar();
	var YAMLSeq = require_YAMLSeq();
	function resolvePairs(seq, onError) {
		if (identity.isSeq(seq)) for (let i = 0; i < seq.items.length; ++i) {
			let item = seq.items[i];
			if (identity.isPair(item)) continue;
			else if (identity.isMap(item)) {
				if (item.items.length > 1) onError("Each pair must have its own sequence indicator");
				const pair = item.items[0] || new Pair.Pair(new Scalar.Scalar(null));
				if (item.commentBefore) pair.key.commentBefore = pair.key.commentBefore ? `${item.commentBefore}\n${pair.key.commentBefore}` : item.commentBefore;
				if (item.comment) {
					const cn = pair.value ?? pair.key;
					cn.comment = cn.comment ? `${item.comment}\n${cn.comment}` : item.comment;
				}
				item = pair;
			}
			seq.items[i] = identity.isPair(item) ? item : new Pair.Pair(item);
		}
		else onError("Expected a sequence for this tag");
		return seq;
	}
	function createPairs(schema, iterable, ctx) {
		const { replacer } = ctx;
		const pairs = new YAMLSeq.YAMLSeq(schema);
		pairs.tag = "tag:yaml.org,2002:pairs";
		let i = 0;
		if (iterable && Symbol.iterator in Object(iterable)) for (let it of iterable) {
			if (typeof replacer === "function") it = replacer.call(iterable, String(i++), it);
			let key, value;
			if (Array.isArray(it)) {
				if (it.length === 2) {
					key = it[0];
					value = it[1];
				} else throw new TypeError(`Expected [key, value] tuple: ${it}`);
			} else if (it && it instanceof Object) {
				const keys = Object.keys(it);
				if (keys.length === 1) {
					key = keys[0];
					value = it[key];
				} else throw new TypeError(`Expected tuple with one key, not ${keys.length} keys`);
			} else key = it;
			pairs.items.push(Pair.createPair(key, value, ctx));
		}
		return pairs;
	}
	const pairs = {
		collection: "seq",
		default: false,
		tag: "tag:yaml.org,2002:pairs",
		resolve: resolvePairs,
		createNode: createPairs
	};
	exports.createPairs = createPairs;
	exports.pairs = pairs;
	exports.resolvePairs = resolvePairs;
}));
// node_modules/yaml/dist/schema/yaml-1.1/omap.js
var require_omap = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var toJS = require_toJS();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	var pairs = require_pairs();
	var YAMLOMap = class YAMLOMap extends YAMLSeq.YAMLSeq {
		constructor() {
			super();
			this.add = YAMLMap.YAMLMap.prototype.add.bind(this);
			this.delete = YAMLMap.YAMLMap.prototype.delete.bind(this);
			this.get = YAMLMap.YAMLMap.prototype.get.bind(this);
			this.has = YAMLMap.YAMLMap.prototype.has.bind(this);
			this.set = YAMLMap.YAMLMap.prototype.set.bind(this);
			this.tag = YAMLOMap.tag;
		}
		/**
		* If `ctx` is given, the return type is actually `Map<unknown, unknown>`,
		* but TypeScript won't allow widening the signature of a child method.
		*/
		toJSON(_, ctx) {
			if (!ctx) return super.toJSON(_);
			const map = /* @__PURE__ */ new Map();
			if (ctx?.onCreate) ctx.onCreate(map);
			for (const pair of this.items) {
				let key, value;
				if (identity.isPair(pair)) {
					key = toJS.toJS(pair.key, "", ctx);
					value = toJS.toJS(pair.value, key, ctx);
				} else key = toJS.toJS(pair, "", ctx);
				if (map.has(key)) throw new Error("Ordered maps must not include duplicate keys");
				map.set(key, value);
			}
			return map;
		}
		static from(schema, iterable, ctx) {
			const pairs$1 = pairs.createPairs(schema, iterable, ctx);
			const omap = new this();
			omap.items = pairs$1.items;
			return omap;
		}
	};
	YAMLOMap.tag = "tag:yaml.org,2002:omap";
	const omap = {
		collection: "seq",
		identify: (value) => value instanceof Map,
		nodeClass: YAMLOMap,
		default: false,
		tag: "tag:yaml.org,2002:omap",
		resolve(seq, onError) {
			const pairs$1 = pairs.resolvePairs(seq, onError);
			const seenKeys = [];
			for (const { key } of pairs$1.items) if (identity.isScalar(key)) {
				if (seenKeys.includes(key.value)) onError(`Ordered maps must not include duplicate keys: ${key.value}`);
				else seenKeys.push(key.value);
			}
			return Object.assign(new YAMLOMap(), pairs$1);
		},
		createNode: (schema, iterable, ctx) => YAMLOMap.from(schema, iterable, ctx)
	};
	exports.YAMLOMap = YAMLOMap;
	exports.omap = omap;
}));
// node_modules/yaml/dist/schema/yaml-1.1/bool.js
var require_bool = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	function boolStringify({ value, source }, ctx) {
		if (source && (value ? trueTag : falseTag).test.test(source)) return source;
		return value ? ctx.options.trueStr : ctx.options.falseStr;
	}
	const trueTag = {
		identify: (value) => value === true,
		default: true,
		tag: "tag:yaml.org,2002:bool",
		test: /^(?:Y|y|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/,
		resolve: () => new Scalar.Scalar(true),
		stringify: boolStringify
	};
	const falseTag = {
		identify: (value) => value === false,
		default: true,
		tag: "tag:yaml.org,2002:bool",
		test: /^(?:N|n|[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
		resolve: () => new Scalar.Scalar(false),
		stringify: boolStringify
	};
	exports.falseTag = falseTag;
	exports.trueTag = trueTag;
}));
// node_modules/yaml/dist/schema/yaml-1.1/float.js
var require_float = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var stringifyNumber = require_stringifyNumber();
	const floatNaN = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
		resolve: (str) => str.slice(-3).toLowerCase() === "nan" ? NaN : str[0] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
		stringify: stringifyNumber.stringifyNumber
	};
	const floatExp = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		format: "EXP",
		test: /^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?[eE][-+]?[0-9]+$/,
		resolve: (str) => parseFloat(str.replace(/_/g, "")),
		stringify(node) {
			const num = Number(node.value);
			return isFinite(num) ? num.toExponential() : stringifyNumber.stringifyNumber(node);
		}
	};
	exports.float = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		test: /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*$/,
		resolve(str) {
			const node = new Scalar.Scalar(parseFloat(str.replace(/_/g, "")));
			const dot = str.indexOf(".");
			if (dot !== -1) {
				const f = str.substring(dot + 1).replace(/_/g, "");
				if (f[f.length - 1] === "0") node.minFractionDigits = f.length;
			}
			return node;
		},
		stringify: stringifyNumber.stringifyNumber
	};
	exports.floatExp = floatExp;
	exports.floatNaN = floatNaN;
}));
// node_modules/yaml/dist/schema/yaml-1.1/int.js
var require_int = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyNumber = require_stringifyNumber();
	const intIdentify = (value) => typeof value === "bigint" || Number.isInteger(value);
	function intResolve(str, offset, radix, { intAsBigInt }) {
		const sign = str[0];
		if (sign === "-" || sign === "+") offset += 1;
		str = str.substring(offset).replace(/_/g, "");
		if (intAsBigInt) {
			switch (radix) {
				case 2:
					str = `0b${str}`;
					break;
				case 8:
					str = `0o${str}`;
					break;
				case 16: str = `0x${str}`;
			}
			const n = BigInt(str);
			return sign === "-" ? BigInt(-1) * n : n;
		}
		const n = parseInt(str, radix);
		return sign === "-" ? -1 * n : n;
	}
	function intStringify(node, radix, prefix) {
		const { value } = node;
		if (intIdentify(value)) {
			const str = value.toString(radix);
			return value < 0 ? "-" + prefix + str.substr(1) : prefix + str;
		}
		return stringifyNumber.stringifyNumber(node);
	}
	const intBin = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "BIN",
		test: /^[-+]?0b[0-1_]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 2, opt),
		stringify: (node) => intStringify(node, 2, "0b")
	};
	const intOct = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "OCT",
		test: /^[-+]?0[0-7_]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 1, 8, opt),
		stringify: (node) => intStringify(node, 8, "0")
	};
	const int = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		test: /^[-+]?[0-9][0-9_]*$/,
		resolve: (str, _onError, opt) => intResolve(str, 0, 10, opt),
		stringify: stringifyNumber.stringifyNumber
	};
	const intHex = {
		identify: intIdentify,
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "HEX",
		test: /^[-+]?0x[0-9a-fA-F_]+$/,
		resolve: (str, _onError, opt) => intResolve(str, 2, 16, opt),
		stringify: (node) => intStringify(node, 16, "0x")
	};
	exports.int = int;
	exports.intBin = intBin;
	exports.intHex = intHex;
	exports.intOct = intOct;
}));
// node_modules/yaml/dist/schema/yaml-1.1/set.js
var require_set = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Pair = require_Pair();
	var YAMLMap = require_YAMLMap();
	var YAMLSet = class YAMLSet extends YAMLMap.YAMLMap {
		constructor(schema) {
			super(schema);
			this.tag = YAMLSet.tag;
		}
		add(key) {
			let pair;
			if (identity.isPair(key)) pair = key;
			else if (key && typeof key === "object" && "key" in key && "value" in key && key.value === null) pair = new Pair.Pair(key.key, null);
			else pair = new Pair.Pair(key, null);
			if (!YAMLMap.findPair(this.items, pair.key)) this.items.push(pair);
		}
		/**
		* If `keepPair` is `true`, returns the Pair matching `key`.
		* Otherwise, returns the value of that Pair's key.
		*/
		get(key, keepPair) {
			const pair = YAMLMap.findPair(this.items, key);
			return !keepPair && identity.isPair(pair) ? identity.isScalar(pair.key) ? pair.key.value : pair.key : pair;
		}
		set(key, value) {
			if (typeof value !== "boolean") throw new Error(`Expected boolean value for set(key, value) in a YAML set, not ${typeof value}`);
			const prev = YAMLMap.findPair(this.items, key);
			if (prev && !value) this.items.splice(this.items.indexOf(prev), 1);
			else if (!prev && value) this.items.push(new Pair.Pair(key));
		}
		toJSON(_, ctx) {
			return super.toJSON(_, ctx, Set);
		}
		toString(ctx, onComment, onChompKeep) {
			if (!ctx) return JSON.stringify(this);
			if (this.hasAllNullValues(true)) return super.toString(Object.assign({}, ctx, { allNullValues: true }), onComment, onChompKeep);
			else throw new Error("Set items must all have null values");
		}
		static from(schema, iterable, ctx) {
			const { replacer } = ctx;
			const set = new this(schema);
			if (iterable && Symbol.iterator in Object(iterable)) for (let value of iterable) {
				if (typeof replacer === "function") value = replacer.call(iterable, value, value);
				set.items.push(Pair.createPair(value, null, ctx));
			}
			return set;
		}
	};
	YAMLSet.tag = "tag:yaml.org,2002:set";
	const set = {
		collection: "map",
		identify: (value) => value instanceof Set,
		nodeClass: YAMLSet,
		default: false,
		tag: "tag:yaml.org,2002:set",
		createNode: (schema, iterable, ctx) => YAMLSet.from(schema, iterable, ctx),
		resolve(map, onError) {
			if (identity.isMap(map)) {
				if (map.hasAllNullValues(true)) return Object.assign(new YAMLSet(), map);
				else onError("Set items must all have null values");
			} else onError("Expected a mapping for this tag");
			return map;
		}
	};
	exports.YAMLSet = YAMLSet;
	exports.set = set;
}));
// node_modules/yaml/dist/schema/yaml-1.1/timestamp.js
var require_timestamp = /* @__PURE__ */ __commonJSMin(((exports) => {
	var stringifyNumber = require_stringifyNumber();
	/** Internal types handle bigint as number, because TS can't figure it out. */
	function parseSexagesimal(str, asBigInt) {
		const sign = str[0];
		const parts = sign === "-" || sign === "+" ? str.substring(1) : str;
		const num = (n) => asBigInt ? BigInt(n) : Number(n);
		const res = parts.replace(/_/g, "").split(":").reduce((res, p) => res * num(60) + num(p), num(0));
		return sign === "-" ? num(-1) * res : res;
	}
	/**
	* hhhh:mm:ss.sss
	*
	* Internal types handle bigint as number, because TS can't figure it out.
	*/
	function stringifySexagesimal(node) {
		let { value } = node;
		let num = (n) => n;
		if (typeof value === "bigint") num = (n) => BigInt(n);
		else if (isNaN(value) || !isFinite(value)) return stringifyNumber.stringifyNumber(node);
		let sign = "";
		if (value < 0) {
			sign = "-";
			value *= num(-1);
		}
		const _60 = num(60);
		const parts = [value % _60];
		if (value < 60) parts.unshift(0);
		else {
			value = (value - parts[0]) / _60;
			parts.unshift(value % _60);
			if (value >= 60) {
				value = (value - parts[0]) / _60;
				parts.unshift(value);
			}
		}
		return sign + parts.map((n) => String(n).padStart(2, "0")).join(":").replace(/000000\d*$/, "");
	}
	const intTime = {
		identify: (value) => typeof value === "bigint" || Number.isInteger(value),
		default: true,
		tag: "tag:yaml.org,2002:int",
		format: "TIME",
		test: /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+$/,
		resolve: (str, _onError, { intAsBigInt }) => parseSexagesimal(str, intAsBigInt),
		stringify: stringifySexagesimal
	};
	const floatTime = {
		identify: (value) => typeof value === "number",
		default: true,
		tag: "tag:yaml.org,2002:float",
		format: "TIME",
		test: /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/,
		resolve: (str) => parseSexagesimal(str, false),
		stringify: stringifySexagesimal
	};
	const timestamp = {
		identify: (value) => value instanceof Date,
		default: true,
		tag: "tag:yaml.org,2002:timestamp",
		test: RegExp("^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:t|T|[ \\t]+)([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}(\\.[0-9]+)?)(?:[ \\t]*(Z|[-+][012]?[0-9](?::[0-9]{2})?))?)?$"),
		resolve(str) {
			const match = str.match(timestamp.test);
			if (!match) throw new Error("!!timestamp expects a date, starting with yyyy-mm-dd");
			const [, year, month, day, hour, minute, second] = match.map(Number);
			const millisec = match[7] ? Number((match[7] + "00").substr(1, 3)) : 0;
			let date = Date.UTC(year, month - 1, day, hour || 0, minute || 0, second || 0, millisec);
			const tz = match[8];
			if (tz && tz !== "Z") {
				let d = parseSexagesimal(tz, false);
				if (Math.abs(d) < 30) d *= 60;
				date -= 6e4 * d;
			}
			return new Date(date);
		},
		stringify: ({ value }) => value?.toISOString().replace(/(T00:00:00)?\.000Z$/, "") ?? ""
	};
	exports.floatTime = floatTime;
	exports.intTime = intTime;
	exports.timestamp = timestamp;
}));
// node_modules/yaml/dist/schema/yaml-1.1/schema.js
var require_schema = /* @__PURE__ */ __commonJSMin(((exports) => {
	var map = require_map();
	var _null = require_null();
	var seq = require_seq();
	var string = require_string();
	var binary = require_binary();
	var bool = require_bool();
	var float = require_float();
	var int = require_int();
	var merge = require_merge();
	var omap = require_omap();
	var pairs = require_pairs();
	var set = require_set();
	var timestamp = require_timestamp();
	exports.schema = [
		map.map,
		seq.seq,
		string.string,
		_null.nullTag,
		bool.trueTag,
		bool.falseTag,
		int.intBin,
		int.intOct,
		int.int,
		int.intHex,
		float.floatNaN,
		float.floatExp,
		float.float,
		binary.binary,
		merge.merge,
		omap.omap,
		pairs.pairs,
		set.set,
		timestamp.intTime,
		timestamp.floatTime,
		timestamp.timestamp
	];
}));
// node_modules/yaml/dist/schema/tags.js
var require_tags = /* @__PURE__ */ __commonJSMin(((exports) => {
	var map = require_map();
	var _null = require_null();
	var seq = require_seq();
	var string = require_string();
	var bool = require_bool$1();
	var float = require_float$1();
	var int = require_int$1();
	var schema = require_schema$2();
	var schema$1 = require_schema$1();
	var binary = require_binary();
	var merge = require_merge();
	var omap = require_omap();
	var pairs = require_pairs();
	var schema$2 = require_schema();
	var set = require_set();
	var timestamp = require_timestamp();
	const schemas = /* @__PURE__ */ new Map([
		["core", schema.schema],
		["failsafe", [
			map.map,
			seq.seq,
			string.string
		]],
		["json", schema$1.schema],
		["yaml11", schema$2.schema],
		["yaml-1.1", schema$2.schema]
	]);
	const tagsByName = {
		binary: binary.binary,
		bool: bool.boolTag,
		float: float.float,
		floatExp: float.floatExp,
		floatNaN: float.floatNaN,
		floatTime: timestamp.floatTime,
		int: int.int,
		intHex: int.intHex,
		intOct: int.intOct,
		intTime: timestamp.intTime,
		map: map.map,
		merge: merge.merge,
		null: _null.nullTag,
		omap: omap.omap,
		pairs: pairs.pairs,
		seq: seq.seq,
		set: set.set,
		timestamp: timestamp.timestamp
	};
	const coreKnownTags = {
		"tag:yaml.org,2002:binary": binary.binary,
		"tag:yaml.org,2002:merge": merge.merge,
		"tag:yaml.org,2002:omap": omap.omap,
		"tag:yaml.org,2002:pairs": pairs.pairs,
		"tag:yaml.org,2002:set": set.set,
		"tag:yaml.org,2002:timestamp": timestamp.timestamp
	};
	function getTags(customTags, schemaName, addMergeTag) {
		const schemaTags = schemas.get(schemaName);
		if (schemaTags && !customTags) return addMergeTag && !schemaTags.includes(merge.merge) ? schemaTags.concat(merge.merge) : schemaTags.slice();
		let tags = schemaTags;
		if (!tags) {
			if (Array.isArray(customTags)) tags = [];
			else {
				const keys = Array.from(schemas.keys()).filter((key) => key !== "yaml11").map((key) => JSON.stringify(key)).join(", ");
				throw new Error(`Unknown schema "${schemaName}"; use one of ${keys} or define customTags array`);
			}
		}
		if (Array.isArray(customTags)) for (const tag of customTags) tags = tags.concat(tag);
		else if (typeof customTags === "function") tags = customTags(tags.slice());
		if (addMergeTag) tags = tags.concat(merge.merge);
		return tags.reduce((tags, tag) => {
			const tagObj = typeof tag === "string" ? tagsByName[tag] : tag;
			if (!tagObj) {
				const tagName = JSON.stringify(tag);
				const keys = Object.keys(tagsByName).map((key) => JSON.stringify(key)).join(", ");
				throw new Error(`Unknown custom tag ${tagName}; use one of ${keys}`);
			}
			if (!tags.includes(tagObj)) tags.push(tagObj);
			return tags;
		}, []);
	}
	exports.coreKnownTags = coreKnownTags;
	exports.getTags = getTags;
}));
// node_modules/yaml/dist/schema/Schema.js
var require_Schema = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var map = require_map();
	var seq = require_seq();
	var string = require_string();
	var tags = require_tags();
	const sortMapEntriesByKey = (a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
	exports.Schema = class Schema {
		constructor({ compat, customTags, merge, resolveKnownTags, schema, sortMapEntries, toStringDefaults }) {
			this.compat = Array.isArray(compat) ? tags.getTags(compat, "compat") : compat ? tags.getTags(null, compat) : null;
			this.name = typeof schema === "string" && schema || "core";
			this.knownTags = resolveKnownTags ? tags.coreKnownTags : {};
			this.tags = tags.getTags(customTags, this.name, merge);
			this.toStringOptions = toStringDefaults ?? null;
			Object.defineProperty(this, identity.MAP, { value: map.map });
			Object.defineProperty(this, identity.SCALAR, { value: string.string });
			Object.defineProperty(this, identity.SEQ, { value: seq.seq });
			this.sortMapEntries = typeof sortMapEntries === "function" ? sortMapEntries : sortMapEntries === true ? sortMapEntriesByKey : null;
		}
		clone() {
			const copy = Object.create(Schema.prototype, Object.getOwnPropertyDescriptors(this));
			copy.tags = this.tags.slice();
			return copy;
		}
	};
}));
// node_modules/yaml/dist/stringify/stringifyDocument.js
var require_stringifyDocument = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var stringify = require_stringify();
	var stringifyComment = require_stringifyComment();
	function stringifyDocument(doc, options) {
		const lines = [];
		let hasDirectives = options.directives === true;
		if (options.directives !== false && doc.directives) {
			const dir = doc.directives.toString(doc);
			if (dir) {
				lines.push(dir);
				hasDirectives = true;
			} else if (doc.directives.docStart) hasDirectives = true;
		}
		if (hasDirectives) lines.push("---");
		const ctx = stringify.createStringifyContext(doc, options);
		const { commentString } = ctx.options;
		if (doc.commentBefore) {
			if (lines.length !== 1) lines.unshift("");
			const cs = commentString(doc.commentBefore);
			lines.unshift(stringifyComment.indentComment(cs, ""));
		}
		let chompKeep = false;
		let contentComment = null;
		if (doc.contents) {
			if (identity.isNode(doc.contents)) {
				if (doc.contents.spaceBefore && hasDirectives) lines.push("");
				if (doc.contents.commentBefore) {
					const cs = commentString(doc.contents.commentBefore);
					lines.push(stringifyComment.indentComment(cs, ""));
				}
				ctx.forceBlockIndent = !!doc.comment;
				contentComment = doc.contents.comment;
			}
			const onChompKeep = contentComment ? void 0 : () => chompKeep = true;
			let body = stringify.stringify(doc.contents, ctx, () => contentComment = null, onChompKeep);
			if (contentComment) body += stringifyComment.lineComment(body, "", commentString(contentComment));
			if ((body[0] === "|" || body[0] === ">") && lines[lines.length - 1] === "---") lines[lines.length - 1] = `--- ${body}`;
			else lines.push(body);
		} else lines.push(stringify.stringify(doc.contents, ctx));
		if (doc.directives?.docEnd) {
			if (doc.comment) {
				const cs = commentString(doc.comment);
				if (cs.includes("\n")) {
					lines.push("...");
					lines.push(stringifyComment.indentComment(cs, ""));
				} else lines.push(`... ${cs}`);
			} else lines.push("...");
		} else {
			let dc = doc.comment;
			if (dc && chompKeep) dc = dc.replace(/^\n+/, "");
			if (dc) {
				if ((!chompKeep || contentComment) && lines[lines.length - 1] !== "") lines.push("");
				lines.push(stringifyComment.indentComment(commentString(dc), ""));
			}
		}
		return lines.join("\n") + "\n";
	}
	exports.stringifyDocument = stringifyDocument;
}));
// node_modules/yaml/dist/doc/Document.js
var require_Document = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Alias = require_Alias();
	var Collection = require_Collection();
	var identity = require_identity();
	var Pair = require_Pair();
	var toJS = require_toJS();
	var Schema = require_Schema();
	var stringifyDocument = require_stringifyDocument();
	var anchors = require_anchors();
	var applyReviver = require_applyReviver();
	var createNode = require_createNode();
	var directives = require_directives();
	var Document = class Document {
		constructor(value, replacer, options) {
			/** A comment before this Document */
			this.commentBefore = null;
			/** A comment immediately after this Document */
			this.comment = null;
			/** Errors encountered during parsing. */
			this.errors = [];
			/** Warnings encountered during parsing. */
			this.warnings = [];
			Object.defineProperty(this, identity.NODE_TYPE, { value: identity.DOC });
			let _replacer = null;
			if (typeof replacer === "function" || Array.isArray(replacer)) _replacer = replacer;
			else if (options === void 0 && replacer) {
				options = replacer;
				replacer = void 0;
			}
			const opt = Object.assign({
				intAsBigInt: false,
				keepSourceTokens: false,
				logLevel: "warn",
				prettyErrors: true,
				strict: true,
				stringKeys: false,
				uniqueKeys: true,
				version: "1.2"
			}, options);
			this.options = opt;
			let { version } = opt;
			if (options?._directives) {
				this.directives = options._directives.atDocument();
				if (this.directives.yaml.explicit) version = this.directives.yaml.version;
			} else this.directives = new directives.Directives({ version });
			this.setSchema(version, options);
			this.contents = value === void 0 ? null : this.createNode(value, _replacer, options);
		}
		/**
		* Create a deep copy of this Document and its contents.
		*
		* Custom Node values that inherit from `Object` still refer to their original instances.
		*/
		clone() {
			const copy = Object.create(Document.prototype, { [identity.NODE_TYPE]: { value: identity.DOC } });
			copy.commentBefore = this.commentBefore;
			copy.comment = this.comment;
			copy.errors = this.errors.slice();
			copy.warnings = this.warnings.slice();
			copy.options = Object.assign({}, this.options);
			if (this.directives) copy.directives = this.directives.clone();
			copy.schema = this.schema.clone();
			copy.contents = identity.isNode(this.contents) ? this.contents.clone(copy.schema) : this.contents;
			if (this.range) copy.range = this.range.slice();
			return copy;
		}
		/** Adds a value to the document. */
		add(value) {
			if (assertCollection(this.contents)) this.contents.add(value);
		}
		/** Adds a value to the document. */
		addIn(path, value) {
			if (assertCollection(this.contents)) this.contents.addIn(path, value);
		}
		/**
		* Create a new `Alias` node, ensuring that the target `node` has the required anchor.
		*
		* If `node` already has an anchor, `name` is ignored.
		* Otherwise, the `node.anchor` value will be set to `name`,
		* or if an anchor with that name is already present in the document,
		* `name` will be used as a prefix for a new unique anchor.
		* If `name` is undefined, the generated anchor will use 'a' as a prefix.
		*/
		createAlias(node, name) {
			if (!node.anchor) {
				const prev = anchors.anchorNames(this);
				node.anchor = !name || prev.has(name) ? anchors.findNewAnchor(name || "a", prev) : name;
			}
			return new Alias.Alias(node.anchor);
		}
		createNode(value, replacer, options) {
			let _replacer = void 0;
			if (typeof replacer === "function") {
				value = replacer.call({ "": value }, "", value);
				_replacer = replacer;
			} else if (Array.isArray(replacer)) {
				const keyToStr = (v) => typeof v === "number" || v instanceof String || v instanceof Number;
				const asStr = replacer.filter(keyToStr).map(String);
				if (asStr.length > 0) replacer = replacer.concat(asStr);
				_replacer = replacer;
			} else if (options === void 0 && replacer) {
				options = replacer;
				replacer = void 0;
			}
			const { aliasDuplicateObjects, anchorPrefix, flow, keepUndefined, onTagObj, tag } = options ?? {};
			const { onAnchor, setAnchors, sourceObjects } = anchors.createNodeAnchors(this, anchorPrefix || "a");
			const ctx = {
				aliasDuplicateObjects: aliasDuplicateObjects ?? true,
				keepUndefined: keepUndefined ?? false,
				onAnchor,
				onTagObj,
				replacer: _replacer,
				schema: this.schema,
				sourceObjects
			};
			const node = createNode.createNode(value, tag, ctx);
			if (flow && identity.isCollection(node)) node.flow = true;
			setAnchors();
			return node;
		}
		/**
		* Convert a key and a value into a `Pair` using the current schema,
		* recursively wrapping all values as `Scalar` or `Collection` nodes.
		*/
		createPair(key, value, options = {}) {
			const k = this.createNode(key, null, options);
			const v = this.createNode(value, null, options);
			return new Pair.Pair(k, v);
		}
		/**
		* Removes a value from the document.
		* @returns `true` if the item was found and removed.
		*/
		delete(key) {
			return assertCollection(this.contents) ? this.contents.delete(key) : false;
		}
		/**
		* Removes a value from the document.
		* @returns `true` if the item was found and removed.
		*/
		deleteIn(path) {
			if (Collection.isEmptyPath(path)) {
				if (this.contents == null) return false;
				this.contents = null;
				return true;
			}
			return assertCollection(this.contents) ? this.contents.deleteIn(path) : false;
		}
		/**
		* Returns item at `key`, or `undefined` if not found. By default unwraps
		* scalar values from their surrounding node; to disable set `keepScalar` to
		* `true` (collections are always returned intact).
		*/
		get(key, keepScalar) {
			return identity.isCollection(this.contents) ? this.contents.get(key, keepScalar) : void 0;
		}
		/**
		* Returns item at `path`, or `undefined` if not found. By default unwraps
		* scalar values from their surrounding node; to disable set `keepScalar` to
		* `true` (collections are always returned intact).
		*/
		getIn(path, keepScalar) {
			if (Collection.isEmptyPath(path)) return !keepScalar && identity.isScalar(this.contents) ? this.contents.value : this.contents;
			return identity.isCollection(this.contents) ? this.contents.getIn(path, keepScalar) : void 0;
		}
		/**
		* Checks if the document includes a value with the key `key`.
		*/
		has(key) {
			return identity.isCollection(this.contents) ? this.contents.has(key) : false;
		}
		/**
		* Checks if the document includes a value at `path`.
		*/
		hasIn(path) {
			if (Collection.isEmptyPath(path)) return this.contents !== void 0;
			return identity.isCollection(this.contents) ? this.contents.hasIn(path) : false;
		}
		/**
		* Sets a value in this document. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*/
		set(key, value) {
			if (this.contents == null) this.contents = Collection.collectionFromPath(this.schema, [key], value);
			else if (assertCollection(this.contents)) this.contents.set(key, value);
		}
		/**
		* Sets a value in this document. For `!!set`, `value` needs to be a
		* boolean to add/remove the item from the set.
		*/
		setIn(path, value) {
			if (Collection.isEmptyPath(path)) this.contents = value;
			else if (this.contents == null) this.contents = Collection.collectionFromPath(this.schema, Array.from(path), value);
			else if (assertCollection(this.contents)) this.contents.setIn(path, value);
		}
		/**
		* Change the YAML version and schema used by the document.
		* A `null` version disables support for directives, explicit tags, anchors, and aliases.
		* It also requires the `schema` option to be given as a `Schema` instance value.
		*
		* Overrides all previously set schema options.
		*/
		setSchema(version, options = {}) {
			if (typeof version === "number") version = String(version);
			let opt;
			switch (version) {
				case "1.1":
					if (this.directives) this.directives.yaml.version = "1.1";
					else this.directives = new directives.Directives({ version: "1.1" });
					opt = {
						resolveKnownTags: false,
						schema: "yaml-1.1"
					};
					break;
				case "1.2":
				case "next":
					if (this.directives) this.directives.yaml.version = version;
					else this.directives = new directives.Directives({ version });
					opt = {
						resolveKnownTags: true,
						schema: "core"
					};
					break;
				case null:
					if (this.directives) delete this.directives;
					opt = null;
					break;
				default: {
					const sv = JSON.stringify(version);
					throw new Error(`Expected '1.1', '1.2' or null as first argument, but found: ${sv}`);
				}
			}
			if (options.schema instanceof Object) this.schema = options.schema;
			else if (opt) this.schema = new Schema.Schema(Object.assign(opt, options));
			else throw new Error(`With a null YAML version, the { schema: Schema } option is required`);
		}
		toJS({ json, jsonArg, mapAsMap, maxAliasCount, onAnchor, reviver } = {}) {
			const ctx = {
				anchors: /* @__PURE__ */ new Map(),
				doc: this,
				keep: !json,
				mapAsMap: mapAsMap === true,
				mapKeyWarned: false,
				maxAliasCount: typeof maxAliasCount === "number" ? maxAliasCount : 100
			};
			const res = toJS.toJS(this.contents, jsonArg ?? "", ctx);
			if (typeof onAnchor === "function") for (const { count, res } of ctx.anchors.values()) onAnchor(res, count);
			return typeof reviver === "function" ? applyReviver.applyReviver(reviver, { "": res }, "", res) : res;
		}
		/**
		* A JSON representation of the document `contents`.
		*
		* @param jsonArg Used by `JSON.stringify` to indicate the array index or
		*   property name.
		*/
		toJSON(jsonArg, onAnchor) {
			return this.toJS({
				json: true,
				jsonArg,
				mapAsMap: false,
				onAnchor
			});
		}
		/** A YAML representation of the document. */
		toString(options = {}) {
			if (this.errors.length > 0) throw new Error("Document with errors cannot be stringified");
			if ("indent" in options && (!Number.isInteger(options.indent) || Number(options.indent) <= 0)) {
				const s = JSON.stringify(options.indent);
				throw new Error(`"indent" option must be a positive integer, not ${s}`);
			}
			return stringifyDocument.stringifyDocument(this, options);
		}
	};
	function assertCollection(contents) {
		if (identity.isCollection(contents)) return true;
		throw new Error("Expected a YAML collection as document contents");
	}
	exports.Document = Document;
}));
// node_modules/yaml/dist/errors.js
var require_errors = /* @__PURE__ */ __commonJSMin(((exports) => {
	var YAMLError = class extends Error {
		constructor(name, pos, code, message) {
			super();
			this.name = name;
			this.code = code;
			this.message = message;
			this.pos = pos;
		}
	};
	var YAMLParseError = class extends YAMLError {
		constructor(pos, code, message) {
			super("YAMLParseError", pos, code, message);
		}
	};
	var YAMLWarning = class extends YAMLError {
		constructor(pos, code, message) {
			super("YAMLWarning", pos, code, message);
		}
	};
	const prettifyError = (src, lc) => (error) => {
		if (error.pos[0] === -1) return;
		error.linePos = error.pos.map((pos) => lc.linePos(pos));
		const { line, col } = error.linePos[0];
		error.message += ` at line ${line}, column ${col}`;
		let ci = col - 1;
		let lineStr = src.substring(lc.lineStarts[line - 1], lc.lineStarts[line]).replace(/[\n\r]+$/, "");
		if (ci >= 60 && lineStr.length > 80) {
			const trimStart = Math.min(ci - 39, lineStr.length - 79);
			lineStr = "…" + lineStr.substring(trimStart);
			ci -= trimStart - 1;
		}
		if (lineStr.length > 80) lineStr = lineStr.substring(0, 79) + "…";
		if (line > 1 && /^ *$/.test(lineStr.substring(0, ci))) {
			let prev = src.substring(lc.lineStarts[line - 2], lc.lineStarts[line - 1]);
			if (prev.length > 80) prev = prev.substring(0, 79) + "…\n";
			lineStr = prev + lineStr;
		}
		if (/[^ ]/.test(lineStr)) {
			let count = 1;
			const end = error.linePos[1];
			if (end?.line === line && end.col > col) count = Math.max(1, Math.min(end.col - col, 80 - ci));
			const pointer = " ".repeat(ci) + "^".repeat(count);
			error.message += `:\n\n${lineStr}\n${pointer}\n`;
		}
	};
	exports.YAMLError = YAMLError;
	exports.YAMLParseError = YAMLParseError;
	exports.YAMLWarning = YAMLWarning;
	exports.prettifyError = prettifyError;
}));
// node_modules/yaml/dist/compose/resolve-props.js
var require_resolve_props = /* @__PURE__ */ __commonJSMin(((exports) => {
	function resolveProps(tokens, { flow, indicator, next, offset, onError, parentIndent, startOnNewline }) {
		let spaceBefore = false;
		let atNewline = startOnNewline;
		let hasSpace = startOnNewline;
		let comment = "";
		let commentSep = "";
		let hasNewline = false;
		let reqSpace = false;
		let tab = null;
		let anchor = null;
		let tag = null;
		let newlineAfterProp = null;
		let comma = null;
		let found = null;
		let start = null;
		for (const token of tokens) {
			if (reqSpace) {
				if (token.type !== "space" && token.type !== "newline" && token.type !== "comma") onError(token.offset, "MISSING_CHAR", "Tags and anchors must be separated from the next token by white space");
				reqSpace = false;
			}
			if (tab) {
				if (atNewline && token.type !== "comment" && token.type !== "newline") onError(tab, "TAB_AS_INDENT", "Tabs are not allowed as indentation");
				tab = null;
			}
			switch (token.type) {
				case "space":
					if (!flow && (indicator !== "doc-start" || next?.type !== "flow-collection") && token.source.includes("	")) tab = token;
					hasSpace = true;
					break;
				case "comment": {
					if (!hasSpace) onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
					const cb = token.source.substring(1) || " ";
					if (!comment) comment = cb;
					else comment += commentSep + cb;
					commentSep = "";
					atNewline = false;
					break;
				}
				case "newline":
					if (atNewline) {
						if (comment) comment += token.source;
						else if (!found || indicator !== "seq-item-ind") spaceBefore = true;
					} else commentSep += token.source;
					atNewline = true;
					hasNewline = true;
					if (anchor || tag) newlineAfterProp = token;
					hasSpace = true;
					break;
				case "anchor":
					if (anchor) onError(token, "MULTIPLE_ANCHORS", "A node can have at most one anchor");
					if (token.source.endsWith(":")) onError(token.offset + token.source.length - 1, "BAD_ALIAS", "Anchor ending in : is ambiguous", true);
					anchor = token;
					start ?? (start = token.offset);
					atNewline = false;
					hasSpace = false;
					reqSpace = true;
					break;
				case "tag":
					if (tag) onError(token, "MULTIPLE_TAGS", "A node can have at most one tag");
					tag = token;
					start ?? (start = token.offset);
					atNewline = false;
					hasSpace = false;
					reqSpace = true;
					break;
				case indicator:
					if (anchor || tag) onError(token, "BAD_PROP_ORDER", `Anchors and tags must be after the ${token.source} indicator`);
					if (found) onError(token, "UNEXPECTED_TOKEN", `Unexpected ${token.source} in ${flow ?? "collection"}`);
					found = token;
					atNewline = indicator === "seq-item-ind" || indicator === "explicit-key-ind";
					hasSpace = false;
					break;
				case "comma": if (flow) {
					if (comma) onError(token, "UNEXPECTED_TOKEN", `Unexpected , in ${flow}`);
					comma = token;
					atNewline = false;
					hasSpace = false;
					break;
				}
				default:
					onError(token, "UNEXPECTED_TOKEN", `Unexpected ${token.type} token`);
					atNewline = false;
					hasSpace = false;
			}
		}
		const last = tokens[tokens.length - 1];
		const end = last ? last.offset + last.source.length : offset;
		if (reqSpace && next && next.type !== "space" && next.type !== "newline" && next.type !== "comma" && (next.type !== "scalar" || next.source !== "")) onError(next.offset, "MISSING_CHAR", "Tags and anchors must be separated from the next token by white space");
		if (tab && (atNewline && tab.indent <= parentIndent || next?.type === "block-map" || next?.type === "block-seq")) onError(tab, "TAB_AS_INDENT", "Tabs are not allowed as indentation");
		return {
			comma,
			found,
			spaceBefore,
			comment,
			hasNewline,
			anchor,
			tag,
			newlineAfterProp,
			end,
			start: start ?? end
		};
	}
	exports.resolveProps = resolveProps;
}));
// node_modules/yaml/dist/compose/util-contains-newline.js
var require_util_contains_newline = /* @__PURE__ */ __commonJSMin(((exports) => {
	function containsNewline(key) {
		if (!key) return null;
		switch (key.type) {
			case "alias":
			case "scalar":
			case "double-quoted-scalar":
			case "single-quoted-scalar":
				if (key.source.includes("\n")) return true;
				if (key.end) {
					for (const st of key.end) if (st.type === "newline") return true;
				}
				return false;
			case "flow-collection":
				for (const it of key.items) {
					for (const st of it.start) if (st.type === "newline") return true;
					if (it.sep) {
						for (const st of it.sep) if (st.type === "newline") return true;
					}
					if (containsNewline(it.key) || containsNewline(it.value)) return true;
				}
				return false;
			default: return true;
		}
	}
	exports.containsNewline = containsNewline;
}));
// node_modules/yaml/dist/compose/util-flow-indent-check.js
var require_util_flow_indent_check = /* @__PURE__ */ __commonJSMin(((exports) => {
	var utilContainsNewline = require_util_contains_newline();
	function flowIndentCheck(indent, fc, onError) {
		if (fc?.type === "flow-collection") {
			const end = fc.end[0];
			if (end.indent === indent && (end.source === "]" || end.source === "}") && utilContainsNewline.containsNewline(fc)) onError(end, "BAD_INDENT", "Flow end indicator should be more indented than parent", true);
		}
	}
	exports.flowIndentCheck = flowIndentCheck;
}));
// node_modules/yaml/dist/compose/util-map-includes.js
var require_util_map_includes = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	function mapIncludes(ctx, items, search) {
		const { uniqueKeys } = ctx.options;
		if (uniqueKeys === false) return false;
		const isEqual = typeof uniqueKeys === "function" ? uniqueKeys : (a, b) => a === b || identity.isScalar(a) && identity.isScalar(b) && a.value === b.value;
		return items.some((pair) => isEqual(pair.key, search));
	}
	exports.mapIncludes = mapIncludes;
}));
// node_modules/yaml/dist/compose/resolve-block-map.js
var require_resolve_block_map = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Pair = require_Pair();
	var YAMLMap = require_YAMLMap();
	var resolveProps = require_resolve_props();
	var utilContainsNewline = require_util_contains_newline();
	var utilFlowIndentCheck = require_util_flow_indent_check();
	var utilMapIncludes = require_util_map_includes();
	const startColMsg = "All mapping items must start at the same column";
	function resolveBlockMap({ composeNode, composeEmptyNode }, ctx, bm, onError, tag) {
		const map = new ((tag?.nodeClass) ?? YAMLMap.YAMLMap)(ctx.schema);
		if (ctx.atRoot) ctx.atRoot = false;
		let offset = bm.offset;
		let commentEnd = null;
		for (const collItem of bm.items) {
			const { start, key, sep, value } = collItem;
			const keyProps = resolveProps.resolveProps(start, {
				indicator: "explicit-key-ind",
				next: key ?? sep?.[0],
				offset,
				onError,
				parentIndent: bm.indent,
				startOnNewline: true
			});
			const implicitKey = !keyProps.found;
			if (implicitKey) {
				if (key) {
					if (key.type === "block-seq") onError(offset, "BLOCK_AS_IMPLICIT_KEY", "A block sequence may not be used as an implicit map key");
					else if ("indent" in key && key.indent !== bm.indent) onError(offset, "BAD_INDENT", startColMsg);
				}
				if (!keyProps.anchor && !keyProps.tag && !sep) {
					commentEnd = keyProps.end;
					if (keyProps.comment) {
						if (map.comment) map.comment += "\n" + keyProps.comment;
						else map.comment = keyProps.comment;
					}
					continue;
				}
				if (keyProps.newlineAfterProp || utilContainsNewline.containsNewline(key)) onError(key ?? start[start.length - 1], "MULTILINE_IMPLICIT_KEY", "Implicit keys need to be on a single line");
			} else if (keyProps.found?.indent !== bm.indent) onError(offset, "BAD_INDENT", startColMsg);
			ctx.atKey = true;
			const keyStart = keyProps.end;
			const keyNode = key ? composeNode(ctx, key, keyProps, onError) : composeEmptyNode(ctx, keyStart, start, null, keyProps, onError);
			if (ctx.schema.compat) utilFlowIndentCheck.flowIndentCheck(bm.indent, key, onError);
			ctx.atKey = false;
			if (utilMapIncludes.mapIncludes(ctx, map.items, keyNode)) onError(keyStart, "DUPLICATE_KEY", "Map keys must be unique");
			const valueProps = resolveProps.resolveProps(sep ?? [], {
				indicator: "map-value-ind",
				next: value,
				offset: keyNode.range[2],
				onError,
				parentIndent: bm.indent,
				startOnNewline: !key || key.type === "block-scalar"
			});
			offset = valueProps.end;
			if (valueProps.found) {
				if (implicitKey) {
					if (value?.type === "block-map" && !valueProps.hasNewline) onError(offset, "BLOCK_AS_IMPLICIT_KEY", "Nested mappings are not allowed in compact mappings");
					if (ctx.options.strict && keyProps.start < valueProps.found.offset - 1024) onError(keyNode.range, "KEY_OVER_1024_CHARS", "The : indicator must be at most 1024 chars after the start of an implicit block mapping key");
				}
				const valueNode = value ? composeNode(ctx, value, valueProps, onError) : composeEmptyNode(ctx, offset, sep, null, valueProps, onError);
				if (ctx.schema.compat) utilFlowIndentCheck.flowIndentCheck(bm.indent, value, onError);
				offset = valueNode.range[2];
				const pair = new Pair.Pair(keyNode, valueNode);
				if (ctx.options.keepSourceTokens) pair.srcToken = collItem;
				map.items.push(pair);
			} else {
				if (implicitKey) onError(keyNode.range, "MISSING_CHAR", "Implicit map keys need to be followed by map values");
				if (valueProps.comment) {
					if (keyNode.comment) keyNode.comment += "\n" + valueProps.comment;
					else keyNode.comment = valueProps.comment;
				}
				const pair = new Pair.Pair(keyNode);
				if (ctx.options.keepSourceTokens) pair.srcToken = collItem;
				map.items.push(pair);
			}
		}
		if (commentEnd && commentEnd < offset) onError(commentEnd, "IMPOSSIBLE", "Map comment with trailing content");
		map.range = [
			bm.offset,
			offset,
			commentEnd ?? offset
		];
		return map;
	}
	exports.resolveBlockMap = resolveBlockMap;
}));
// node_modules/yaml/dist/compose/resolve-block-seq.js
var require_resolve_block_seq = /* @__PURE__ */ __commonJSMin(((exports) => {
	var YAMLSeq = require_YAMLSeq();
	var resolveProps = require_resolve_props();
	var utilFlowIndentCheck = require_util_flow_indent_check();
	function resolveBlockSeq({ composeNode, composeEmptyNode }, ctx, bs, onError, tag) {
		const seq = new ((tag?.nodeClass) ?? YAMLSeq.YAMLSeq)(ctx.schema);
		if (ctx.atRoot) ctx.atRoot = false;
		if (ctx.atKey) ctx.atKey = false;
		let offset = bs.offset;
		let commentEnd = null;
		for (const { start, value } of bs.items) {
			const props = resolveProps.resolveProps(start, {
				indicator: "seq-item-ind",
				next: value,
				offset,
				onError,
				parentIndent: bs.indent,
				startOnNewline: true
			});
			if (!props.found) {
				if (props.anchor || props.tag || value) {
					if (value?.type === "block-seq") onError(props.end, "BAD_INDENT", "All sequence items must start at the same column");
					else onError(offset, "MISSING_CHAR", "Sequence item without - indicator");
				} else {
					commentEnd = props.end;
					if (props.comment) seq.comment = props.comment;
					continue;
				}
			}
			const node = value ? composeNode(ctx, value, props, onError) : composeEmptyNode(ctx, props.end, start, null, props, onError);
			if (ctx.schema.compat) utilFlowIndentCheck.flowIndentCheck(bs.indent, value, onError);
			offset = node.range[2];
			seq.items.push(node);
		}
		seq.range = [
			bs.offset,
			offset,
			commentEnd ?? offset
		];
		return seq;
	}
	exports.resolveBlockSeq = resolveBlockSeq;
}));
// node_modules/yaml/dist/compose/resolve-end.js
var require_resolve_end = /* @__PURE__ */ __commonJSMin(((exports) => {
	function resolveEnd(end, offset, reqSpace, onError) {
		let comment = "";
		if (end) {
			let hasSpace = false;
			let sep = "";
			for (const token of end) {
				const { source, type } = token;
				switch (type) {
					case "space":
						hasSpace = true;
						break;
					case "comment": {
						if (reqSpace && !hasSpace) onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
						const cb = source.substring(1) || " ";
						if (!comment) comment = cb;
						else comment += sep + cb;
						sep = "";
						break;
					}
					case "newline":
						if (comment) sep += source;
						hasSpace = true;
						break;
					default: onError(token, "UNEXPECTED_TOKEN", `Unexpected ${type} at node end`);
				}
				offset += source.length;
			}
		}
		return {
			comment,
			offset
		};
	}
	exports.resolveEnd = resolveEnd;
}));
// node_modules/yaml/dist/compose/resolve-flow-collection.js
var require_resolve_flow_collection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Pair = require_Pair();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	var resolveEnd = require_resolve_end();
	var resolveProps = require_resolve_props();
	var utilContainsNewline = require_util_contains_newline();
	var utilMapIncludes = require_util_map_includes();
	const blockMsg = "Block collections are not allowed within flow collections";
	const isBlock = (token) => token && (token.type === "block-map" || token.type === "block-seq");
	function resolveFlowCollection({ composeNode, composeEmptyNode }, ctx, fc, onError, tag) {
		const isMap = fc.start.source === "{";
		const fcName = isMap ? "flow map" : "flow sequence";
		const coll = new ((tag?.nodeClass) ?? (isMap ? YAMLMap.YAMLMap : YAMLSeq.YAMLSeq))(ctx.schema);
		coll.flow = true;
		const atRoot = ctx.atRoot;
		if (atRoot) ctx.atRoot = false;
		if (ctx.atKey) ctx.atKey = false;
		let offset = fc.offset + fc.start.source.length;
		for (let i = 0; i < fc.items.length; ++i) {
			const collItem = fc.items[i];
			const { start, key, sep, value } = collItem;
			const props = resolveProps.resolveProps(start, {
				flow: fcName,
				indicator: "explicit-key-ind",
				next: key ?? sep?.[0],
				offset,
				onError,
				parentIndent: fc.indent,
				startOnNewline: false
			});
			if (!props.found) {
				if (!props.anchor && !props.tag && !sep && !value) {
					if (i === 0 && props.comma) onError(props.comma, "UNEXPECTED_TOKEN", `Unexpected , in ${fcName}`);
					else if (i < fc.items.length - 1) onError(props.start, "UNEXPECTED_TOKEN", `Unexpected empty item in ${fcName}`);
					if (props.comment) {
						if (coll.comment) coll.comment += "\n" + props.comment;
						else coll.comment = props.comment;
					}
					offset = props.end;
					continue;
				}
				if (!isMap && ctx.options.strict && utilContainsNewline.containsNewline(key)) onError(key, "MULTILINE_IMPLICIT_KEY", "Implicit keys of flow sequence pairs need to be on a single line");
			}
			if (i === 0) {
				if (props.comma) onError(props.comma, "UNEXPECTED_TOKEN", `Unexpected , in ${fcName}`);
			} else {
				if (!props.comma) onError(props.start, "MISSING_CHAR", `Missing , between ${fcName} items`);
				if (props.comment) {
					let prevItemComment = "";
					loop: for (const st of start) switch (st.type) {
						case "comma":
						case "space": break;
						case "comment":
							prevItemComment = st.source.substring(1);
							break loop;
						default: break loop;
					}
					if (prevItemComment) {
						let prev = coll.items[coll.items.length - 1];
						if (identity.isPair(prev)) prev = prev.value ?? prev.key;
						if (prev.comment) prev.comment += "\n" + prevItemComment;
						else prev.comment = prevItemComment;
						props.comment = props.comment.substring(prevItemComment.length + 1);
					}
				}
			}
			if (!isMap && !sep && !props.found) {
				const valueNode = value ? composeNode(ctx, value, props, onError) : composeEmptyNode(ctx, props.end, sep, null, props, onError);
				coll.items.push(valueNode);
				offset = valueNode.range[2];
				if (isBlock(value)) onError(valueNode.range, "BLOCK_IN_FLOW", blockMsg);
			} else {
				ctx.atKey = true;
				const keyStart = props.end;
				const keyNode = key ? composeNode(ctx, key, props, onError) : composeEmptyNode(ctx, keyStart, start, null, props, onError);
				if (isBlock(key)) onError(keyNode.range, "BLOCK_IN_FLOW", blockMsg);
				ctx.atKey = false;
				const valueProps = resolveProps.resolveProps(sep ?? [], {
					flow: fcName,
					indicator: "map-value-ind",
					next: value,
					offset: keyNode.range[2],
					onError,
					parentIndent: fc.indent,
					startOnNewline: false
				});
				if (valueProps.found) {
					if (!isMap && !props.found && ctx.options.strict) {
						if (sep) for (const st of sep) {
							if (st === valueProps.found) break;
							if (st.type === "newline") {
								onError(st, "MULTILINE_IMPLICIT_KEY", "Implicit keys of flow sequence pairs need to be on a single line");
								break;
							}
						}
						if (props.start < valueProps.found.offset - 1024) onError(valueProps.found, "KEY_OVER_1024_CHARS", "The : indicator must be at most 1024 chars after the start of an implicit flow sequence key");
					}
				} else if (value) {
					if ("source" in value && value.source?.[0] === ":") onError(value, "MISSING_CHAR", `Missing space after : in ${fcName}`);
					else onError(valueProps.start, "MISSING_CHAR", `Missing , or : between ${fcName} items`);
				}
				const valueNode = value ? composeNode(ctx, value, valueProps, onError) : valueProps.found ? composeEmptyNode(ctx, valueProps.end, sep, null, valueProps, onError) : null;
				if (valueNode) {
					if (isBlock(value)) onError(valueNode.range, "BLOCK_IN_FLOW", blockMsg);
				} else if (valueProps.comment) {
					if (keyNode.comment) keyNode.comment += "\n" + valueProps.comment;
					else keyNode.comment = valueProps.comment;
				}
				const pair = new Pair.Pair(keyNode, valueNode);
				if (ctx.options.keepSourceTokens) pair.srcToken = collItem;
				if (isMap) {
					const map = coll;
					if (utilMapIncludes.mapIncludes(ctx, map.items, keyNode)) onError(keyStart, "DUPLICATE_KEY", "Map keys must be unique");
					map.items.push(pair);
				} else {
					const map = new YAMLMap.YAMLMap(ctx.schema);
					map.flow = true;
					map.items.push(pair);
					const endRange = (valueNode ?? keyNode).range;
					map.range = [
						keyNode.range[0],
						endRange[1],
						endRange[2]
					];
					coll.items.push(map);
				}
				offset = valueNode ? valueNode.range[2] : valueProps.end;
			}
		}
		const expectedEnd = isMap ? "}" : "]";
		const [ce, ...ee] = fc.end;
		let cePos = offset;
		if (ce?.source === expectedEnd) cePos = ce.offset + ce.source.length;
		else {
			const name = fcName[0].toUpperCase() + fcName.substring(1);
			const msg = atRoot ? `${name} must end with a ${expectedEnd}` : `${name} in block collection must be sufficiently indented and end with a ${expectedEnd}`;
			onError(offset, atRoot ? "MISSING_CHAR" : "BAD_INDENT", msg);
			if (ce && ce.source.length !== 1) ee.unshift(ce);
		}
		if (ee.length > 0) {
			const end = resolveEnd.resolveEnd(ee, cePos, ctx.options.strict, onError);
			if (end.comment) {
				if (coll.comment) coll.comment += "\n" + end.comment;
				else coll.comment = end.comment;
			}
			coll.range = [
				fc.offset,
				cePos,
				end.offset
			];
		} else coll.range = [
			fc.offset,
			cePos,
			cePos
		];
		return coll;
	}
	exports.resolveFlowCollection = resolveFlowCollection;
}));
// node_modules/yaml/dist/compose/compose-collection.js
var require_compose_collection = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	var resolveBlockMap = require_resolve_block_map();
	var resolveBlockSeq = require_resolve_block_seq();
	var resolveFlowCollection = require_resolve_flow_collection();
	function resolveCollection(CN, ctx, token, onError, tagName, tag) {
		const coll = token.type === "block-map" ? resolveBlockMap.resolveBlockMap(CN, ctx, token, onError, tag) : token.type === "block-seq" ? resolveBlockSeq.resolveBlockSeq(CN, ctx, token, onError, tag) : resolveFlowCollection.resolveFlowCollection(CN, ctx, token, onError, tag);
		const Coll = coll.constructor;
		if (tagName === "!" || tagName === Coll.tagName) {
			coll.tag = Coll.tagName;
			return coll;
		}
		if (tagName) coll.tag = tagName;
		return coll;
	}
	function composeCollection(CN, ctx, token, props, onError) {
		const tagToken = props.tag;
		const tagName = !tagToken ? null : ctx.directives.tagName(tagToken.source, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg));
		if (token.type === "block-seq") {
			const { anchor, newlineAfterProp: nl } = props;
			const lastProp = anchor && tagToken ? anchor.offset > tagToken.offset ? anchor : tagToken : anchor ?? tagToken;
			if (lastProp && (!nl || nl.offset < lastProp.offset)) onError(lastProp, "MISSING_CHAR", "Missing newline after block sequence props");
		}
		const expType = token.type === "block-map" ? "map" : token.type === "block-seq" ? "seq" : token.start.source === "{" ? "map" : "seq";
		if (!tagToken || !tagName || tagName === "!" || tagName === YAMLMap.YAMLMap.tagName && expType === "map" || tagName === YAMLSeq.YAMLSeq.tagName && expType === "seq") return resolveCollection(CN, ctx, token, onError, tagName);
		let tag = ctx.schema.tags.find((t) => t.tag === tagName && t.collection === expType);
		if (!tag) {
			const kt = ctx.schema.knownTags[tagName];
			if (kt?.collection === expType) {
				ctx.schema.tags.push(Object.assign({}, kt, { default: false }));
				tag = kt;
			} else {
				if (kt) onError(tagToken, "BAD_COLLECTION_TYPE", `${kt.tag} used for ${expType} collection, but expects ${kt.collection ?? "scalar"}`, true);
				else onError(tagToken, "TAG_RESOLVE_FAILED", `Unresolved tag: ${tagName}`, true);
				return resolveCollection(CN, ctx, token, onError, tagName);
			}
		}
		const coll = resolveCollection(CN, ctx, token, onError, tagName, tag);
		const res = tag.resolve?.(coll, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg), ctx.options) ?? coll;
		const node = identity.isNode(res) ? res : new Scalar.Scalar(res);
		node.range = coll.range;
		node.tag = tagName;
		if (tag?.format) node.format = tag.format;
		return node;
	}
	exports.composeCollection = composeCollection;
}));
// node_modules/yaml/dist/compose/resolve-block-scalar.js
var require_resolve_block_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	function resolveBlockScalar(ctx, scalar, onError) {
		const start = scalar.offset;
		const header = parseBlockScalarHeader(scalar, ctx.options.strict, onError);
		if (!header) return {
			value: "",
			type: null,
			comment: "",
			range: [
				start,
				start,
				start
			]
		};
		const type = header.mode === ">" ? Scalar.Scalar.BLOCK_FOLDED : Scalar.Scalar.BLOCK_LITERAL;
		const lines = scalar.source ? splitLines(scalar.source) : [];
		let chompStart = lines.length;
		for (let i = lines.length - 1; i >= 0; --i) {
			const content = lines[i][1];
			if (content === "" || content === "\r") chompStart = i;
			else break;
		}
		if (chompStart === 0) {
			const value = header.chomp === "+" && lines.length > 0 ? "\n".repeat(Math.max(1, lines.length - 1)) : "";
			let end = start + header.length;
			if (scalar.source) end += scalar.source.length;
			return {
				value,
				type,
				comment: header.comment,
				range: [
					start,
					end,
					end
				]
			};
		}
		let trimIndent = scalar.indent + header.indent;
		let offset = scalar.offset + header.length;
		let contentStart = 0;
		for (let i = 0; i < chompStart; ++i) {
			const [indent, content] = lines[i];
			if (content === "" || content === "\r") {
				if (header.indent === 0 && indent.length > trimIndent) trimIndent = indent.length;
			} else {
				if (indent.length < trimIndent) onError(offset + indent.length, "MISSING_CHAR", "Block scalars with more-indented leading empty lines must use an explicit indentation indicator");
				if (header.indent === 0) trimIndent = indent.length;
				contentStart = i;
				if (trimIndent === 0 && !ctx.atRoot) onError(offset, "BAD_INDENT", "Block scalar values in collections must be indented");
				break;
			}
			offset += indent.length + content.length + 1;
		}
		for (let i = lines.length - 1; i >= chompStart; --i) if (lines[i][0].length > trimIndent) chompStart = i + 1;
		let value = "";
		let sep = "";
		let prevMoreIndented = false;
		for (let i = 0; i < contentStart; ++i) value += lines[i][0].slice(trimIndent) + "\n";
		for (let i = contentStart; i < chompStart; ++i) {
			let [indent, content] = lines[i];
			offset += indent.length + content.length + 1;
			const crlf = content[content.length - 1] === "\r";
			if (crlf) content = content.slice(0, -1);
			/* istanbul ignore if already caught in lexer */
			if (content && indent.length < trimIndent) {
				const message = `Block scalar lines must not be less indented than their ${header.indent ? "explicit indentation indicator" : "first line"}`;
				onError(offset - content.length - (crlf ? 2 : 1), "BAD_INDENT", message);
				indent = "";
			}
			if (type === Scalar.Scalar.BLOCK_LITERAL) {
				value += sep + indent.slice(trimIndent) + content;
				sep = "\n";
			} else if (indent.length > trimIndent || content[0] === "	") {
				if (sep === " ") sep = "\n";
				else if (!prevMoreIndented && sep === "\n") sep = "\n\n";
				value += sep + indent.slice(trimIndent) + content;
				sep = "\n";
				prevMoreIndented = true;
			} else if (content === "") {
				if (sep === "\n") value += "\n";
				else sep = "\n";
			} else {
				value += sep + content;
				sep = " ";
				prevMoreIndented = false;
			}
		}
		switch (header.chomp) {
			case "-": break;
			case "+":
				for (let i = chompStart; i < lines.length; ++i) value += "\n" + lines[i][0].slice(trimIndent);
				if (value[value.length - 1] !== "\n") value += "\n";
				break;
			default: value += "\n";
		}
		const end = start + header.length + scalar.source.length;
		return {
			value,
			type,
			comment: header.comment,
			range: [
				start,
				end,
				end
			]
		};
	}
	function parseBlockScalarHeader({ offset, props }, strict, onError) {
		/* istanbul ignore if should not happen */
		if (props[0].type !== "block-scalar-header") {
			onError(props[0], "IMPOSSIBLE", "Block scalar header not found");
			return null;
		}
		const { source } = props[0];
		const mode = source[0];
		let indent = 0;
		let chomp = "";
		let error = -1;
		for (let i = 1; i < source.length; ++i) {
			const ch = source[i];
			if (!chomp && (ch === "-" || ch === "+")) chomp = ch;
			else {
				const n = Number(ch);
				if (!indent && n) indent = n;
				else if (error === -1) error = offset + i;
			}
		}
		if (error !== -1) onError(error, "UNEXPECTED_TOKEN", `Block scalar header includes extra characters: ${source}`);
		let hasSpace = false;
		let comment = "";
		let length = source.length;
		for (let i = 1; i < props.length; ++i) {
			const token = props[i];
			switch (token.type) {
				case "space": hasSpace = true;
				case "newline":
					length += token.source.length;
					break;
				case "comment":
					if (strict && !hasSpace) onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
					length += token.source.length;
					comment = token.source.substring(1);
					break;
				case "error":
					onError(token, "UNEXPECTED_TOKEN", token.message);
					length += token.source.length;
					break;
				/* istanbul ignore next should not happen */
				default: {
					onError(token, "UNEXPECTED_TOKEN", `Unexpected token in block scalar header: ${token.type}`);
					const ts = token.source;
					if (ts && typeof ts === "string") length += ts.length;
				}
			}
		}
		return {
			mode,
			indent,
			chomp,
			comment,
			length
		};
	}
	/** @returns Array of lines split up as `[indent, content]` */
	function splitLines(source) {
		const split = source.split(/\n( *)/);
		const first = split[0];
		const m = first.match(/^( *)/);
		const lines = [m?.[1] ? [m[1], first.slice(m[1].length)] : ["", first]];
		for (let i = 1; i < split.length; i += 2) lines.push([split[i], split[i + 1]]);
		return lines;
	}
	exports.resolveBlockScalar = resolveBlockScalar;
}));
// node_modules/yaml/dist/compose/resolve-flow-scalar.js
var require_resolve_flow_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Scalar = require_Scalar();
	var resolveEnd = require_resolve_end();
	function resolveFlowScalar(scalar, strict, onError) {
		const { offset, type, source, end } = scalar;
		let _type;
		let value;
		const _onError = (rel, code, msg) => onError(offset + rel, code, msg);
		switch (type) {
			case "scalar":
				_type = Scalar.Scalar.PLAIN;
				value = plainValue(source, _onError);
				break;
			case "single-quoted-scalar":
				_type = Scalar.Scalar.QUOTE_SINGLE;
				value = singleQuotedValue(source, _onError);
				break;
			case "double-quoted-scalar":
				_type = Scalar.Scalar.QUOTE_DOUBLE;
				value = doubleQuotedValue(source, _onError);
				break;
			/* istanbul ignore next should not happen */
			default:
				onError(scalar, "UNEXPECTED_TOKEN", `Expected a flow scalar value, but found: ${type}`);
				return {
					value: "",
					type: null,
					comment: "",
					range: [
						offset,
						offset + source.length,
						offset + source.length
					]
				};
		}
		const valueEnd = offset + source.length;
		const re = resolveEnd.resolveEnd(end, valueEnd, strict, onError);
		return {
			value,
			type: _type,
			comment: re.comment,
			range: [
				offset,
				valueEnd,
				re.offset
			]
		};
	}
	function plainValue(source, onError) {
		let badChar = "";
		switch (source[0]) {
			/* istanbul ignore next should not happen */
			case "	":
				badChar = "a tab character";
				break;
			case ",":
				badChar = "flow indicator character ,";
				break;
			case "%":
				badChar = "directive indicator character %";
				break;
			case "|":
			case ">":
				badChar = `block scalar indicator ${source[0]}`;
				break;
			case "@":
			case "`": badChar = `reserved character ${source[0]}`;
		}
		if (badChar) onError(0, "BAD_SCALAR_START", `Plain value cannot start with ${badChar}`);
		return unfoldLines(source);
	}
	function singleQuotedValue(source, onError) {
		if (source[source.length - 1] !== "'" || source.length === 1) onError(source.length, "MISSING_CHAR", "Missing closing 'quote");
		return unfoldLines(source.slice(1, -1)).replace(/''/g, "'");
	}
	function unfoldLines(source) {
		const line = /(.*?)\r?\n/sy;
		let match = line.exec(source);
		if (!match) return source;
		/**
		* The negative lookbehinds in these RegExps are to
		* prevent causing a polynomial search time in certain cases.
		*
		* The try-catch is for Safari < 16.4 and other old browsers:
		* https://caniuse.com/js-regexp-lookbehind
		*/
		let trimEnd, trimBoth;
		try {
			trimEnd = new RegExp("(?<![ 	])[ 	]+$");
			trimBoth = new RegExp("^[ 	]+|(?<![ 	])[ 	]+$", "g");
		} catch {
			trimEnd = /[ \t]+$/;
			trimBoth = /^[ \t]+|[ \t]+$/g;
		}
		let res = match[1].replace(trimEnd, "");
		let sep = " ";
		let pos = line.lastIndex;
		while (match = line.exec(source)) {
			const lm = match[1].replace(trimBoth, "");
			if (lm === "") {
				if (sep === "\n") res += sep;
				else sep = "\n";
			} else {
				res += sep + lm;
				sep = " ";
			}
			pos = line.lastIndex;
		}
		const last = /[ \t]*(.*)/sy;
		last.lastIndex = pos;
		match = last.exec(source);
		return res + sep + (match?.[1] ?? "");
	}
	function doubleQuotedValue(source, onError) {
		let res = "";
		for (let i = 1; i < source.length - 1; ++i) {
			const ch = source[i];
			if (ch === "\r" && source[i + 1] === "\n") continue;
			if (ch === "\n") {
				const { fold, offset } = foldNewline(source, i);
				res += fold;
				i = offset;
			} else if (ch === "\\") {
				let next = source[++i];
				const cc = escapeCodes[next];
				if (cc) res += cc;
				else if (next === "\n") {
					next = source[i + 1];
					while (next === " " || next === "	") next = source[++i + 1];
				} else if (next === "\r" && source[i + 1] === "\n") {
					next = source[++i + 1];
					while (next === " " || next === "	") next = source[++i + 1];
				} else if (next === "x" || next === "u" || next === "U") {
					const length = next === "x" ? 2 : next === "u" ? 4 : 8;
					res += parseCharCode(source, i + 1, length, onError);
					i += length;
				} else {
					const raw = source.substr(i - 1, 2);
					onError(i - 1, "BAD_DQ_ESCAPE", `Invalid escape sequence ${raw}`);
					res += raw;
				}
			} else if (ch === " " || ch === "	") {
				const wsStart = i;
				let next = source[i + 1];
				while (next === " " || next === "	") next = source[++i + 1];
				if (next !== "\n" && !(next === "\r" && source[i + 2] === "\n")) res += i > wsStart ? source.slice(wsStart, i + 1) : ch;
			} else res += ch;
		}
		if (source[source.length - 1] !== "\"" || source.length === 1) onError(source.length, "MISSING_CHAR", "Missing closing \"quote");
		return res;
	}
	/**
	* Fold a single newline into a space, multiple newlines to N - 1 newlines.
	* Presumes `source[offset] === '\n'`
	*/
	function foldNewline(source, offset) {
		let fold = "";
		let ch = source[offset + 1];
		while (ch === " " || ch === "	" || ch === "\n" || ch === "\r") {
			if (ch === "\r" && source[offset + 2] !== "\n") break;
			if (ch === "\n") fold += "\n";
			offset += 1;
			ch = source[offset + 1];
		}
		if (!fold) fold = " ";
		return {
			fold,
			offset
		};
	}
	const escapeCodes = {
		"0": "\0",
		a: "\x07",
		b: "\b",
		e: "\x1B",
		f: "\f",
		n: "\n",
		r: "\r",
		t: "	",
		v: "\v",
		N: "",
		_: "\xA0",
		L: "\u2028",
		P: "\u2029",
		" ": " ",
		"\"": "\"",
		"/": "/",
		"\\": "\\",
		"	": "	"
	};
	function parseCharCode(source, offset, length, onError) {
		const cc = source.substr(offset, length);
		const code = cc.length === length && /^[0-9a-fA-F]+$/.test(cc) ? parseInt(cc, 16) : NaN;
		try {
			return String.fromCodePoint(code);
		} catch {
			const raw = source.substr(offset - 2, length + 2);
			onError(offset - 2, "BAD_DQ_ESCAPE", `Invalid escape sequence ${raw}`);
			return raw;
		}
	}
	exports.resolveFlowScalar = resolveFlowScalar;
}));
// node_modules/yaml/dist/compose/compose-scalar.js
var require_compose_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var identity = require_identity();
	var Scalar = require_Scalar();
	var resolveBlockScalar = require_resolve_block_scalar();
	var resolveFlowScalar = require_resolve_flow_scalar();
	function composeScalar(ctx, token, tagToken, onError) {
		const { value, type, comment, range } = token.type === "block-scalar" ? resolveBlockScalar.resolveBlockScalar(ctx, token, onError) : resolveFlowScalar.resolveFlowScalar(token, ctx.options.strict, onError);
		const tagName = tagToken ? ctx.directives.tagName(tagToken.source, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg)) : null;
		let tag;
		if (ctx.options.stringKeys && ctx.atKey) tag = ctx.schema[identity.SCALAR];
		else if (tagName) tag = findScalarTagByName(ctx.schema, value, tagName, tagToken, onError);
		else if (token.type === "scalar") tag = findScalarTagByTest(ctx, value, token, onError);
		else tag = ctx.schema[identity.SCALAR];
		let scalar;
		try {
			const res = tag.resolve(value, (msg) => onError(tagToken ?? token, "TAG_RESOLVE_FAILED", msg), ctx.options);
			scalar = identity.isScalar(res) ? res : new Scalar.Scalar(res);
		} catch (error) {
			const msg = error instanceof Error ? error.message : String(error);
			onError(tagToken ?? token, "TAG_RESOLVE_FAILED", msg);
			scalar = new Scalar.Scalar(value);
		}
		scalar.range = range;
		scalar.source = value;
		if (type) scalar.type = type;
		if (tagName) scalar.tag = tagName;
		if (tag.format) scalar.format = tag.format;
		if (comment) scalar.comment = comment;
		return scalar;
	}
	function findScalarTagByName(schema, value, tagName, tagToken, onError) {
		if (tagName === "!") return schema[identity.SCALAR];
		const matchWithTest = [];
		for (const tag of schema.tags) if (!tag.collection && tag.tag === tagName) {
			if (tag.default && tag.test) matchWithTest.push(tag);
			else return tag;
		}
		for (const tag of matchWithTest) if (tag.test?.test(value)) return tag;
		const kt = schema.knownTags[tagName];
		if (kt && !kt.collection) {
			schema.tags.push(Object.assign({}, kt, {
				default: false,
				test: void 0
			}));
			return kt;
		}
		onError(tagToken, "TAG_RESOLVE_FAILED", `Unresolved tag: ${tagName}`, tagName !== "tag:yaml.org,2002:str");
		return schema[identity.SCALAR];
	}
	function findScalarTagByTest({ atKey, directives, schema }, value, token, onError) {
		const tag = schema.tags.find((tag) => (tag.default === true || atKey && tag.default === "key") && tag.test?.test(value)) || schema[identity.SCALAR];
		if (schema.compat) {
			const compat = schema.compat.find((tag) => tag.default && tag.test?.test(value)) ?? schema[identity.SCALAR];
			if (tag.tag !== compat.tag) onError(token, "TAG_RESOLVE_FAILED", `Value may be parsed as either ${directives.tagString(tag.tag)} or ${directives.tagString(compat.tag)}`, true);
		}
		return tag;
	}
	exports.composeScalar = composeScalar;
}));
// node_modules/yaml/dist/compose/util-empty-scalar-position.js
var require_util_empty_scalar_position = /* @__PURE__ */ __commonJSMin(((exports) => {
	function emptyScalarPosition(offset, before, pos) {
		if (before) {
			pos ?? (pos = before.length);
			for (let i = pos - 1; i >= 0; --i) {
				let st = before[i];
				switch (st.type) {
					case "space":
					case "comment":
					case "newline":
						offset -= st.source.length;
						continue;
				}
				st = before[++i];
				while (st?.type === "space") {
					offset += st.source.length;
					st = before[++i];
				}
				break;
			}
		}
		return offset;
	}
	exports.emptyScalarPosition = emptyScalarPosition;
}));
// node_modules/yaml/dist/compose/compose-node.js
var require_compose_node = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Alias = require_Alias();
	var identity = require_identity();
	var composeCollection = require_compose_collection();
	var composeScalar = require_compose_scalar();
	var resolveEnd = require_resolve_end();
	var utilEmptyScalarPosition = require_util_empty_scalar_position();
	const CN = {
		composeNode,
		composeEmptyNode
	};
	function composeNode(ctx, token, props, onError) {
		const atKey = ctx.atKey;
		const { spaceBefore, comment, anchor, tag } = props;
		let node;
		let isSrcToken = true;
		switch (token.type) {
			case "alias":
				node = composeAlias(ctx, token, onError);
				if (anchor || tag) onError(token, "ALIAS_PROPS", "An alias node must not specify any properties");
				break;
			case "scalar":
			case "single-quoted-scalar":
			case "double-quoted-scalar":
			case "block-scalar":
				node = composeScalar.composeScalar(ctx, token, tag, onError);
				if (anchor) node.anchor = anchor.source.substring(1);
				break;
			case "block-map":
			case "block-seq":
			case "flow-collection":
				try {
					node = composeCollection.composeCollection(CN, ctx, token, props, onError);
					if (anchor) node.anchor = anchor.source.substring(1);
				} catch (error) {
					onError(token, "RESOURCE_EXHAUSTION", error instanceof Error ? error.message : String(error));
				}
				break;
			default:
				onError(token, "UNEXPECTED_TOKEN", token.type === "error" ? token.message : `Unsupported token (type: ${token.type})`);
				isSrcToken = false;
		}
		node ?? (node = composeEmptyNode(ctx, token.offset, void 0, null, props, onError));
		if (anchor && node.anchor === "") onError(anchor, "BAD_ALIAS", "Anchor cannot be an empty string");
		if (atKey && ctx.options.stringKeys && (!identity.isScalar(node) || typeof node.value !== "string" || node.tag && node.tag !== "tag:yaml.org,2002:str")) onError(tag ?? token, "NON_STRING_KEY", "With stringKeys, all keys must be strings");
		if (spaceBefore) node.spaceBefore = true;
		if (comment) {
			if (token.type === "scalar" && token.source === "") node.comment = comment;
			else node.commentBefore = comment;
		}
		if (ctx.options.keepSourceTokens && isSrcToken) node.srcToken = token;
		return node;
	}
	function composeEmptyNode(ctx, offset, before, pos, { spaceBefore, comment, anchor, tag, end }, onError) {
		const token = {
			type: "scalar",
			offset: utilEmptyScalarPosition.emptyScalarPosition(offset, before, pos),
			indent: -1,
			source: ""
		};
		const node = composeScalar.composeScalar(ctx, token, tag, onError);
		if (anchor) {
			node.anchor = anchor.source.substring(1);
			if (node.anchor === "") onError(anchor, "BAD_ALIAS", "Anchor cannot be an empty string");
		}
		if (spaceBefore) node.spaceBefore = true;
		if (comment) {
			node.comment = comment;
			node.range[2] = end;
		}
		return node;
	}
	function composeAlias({ options }, { offset, source, end }, onError) {
		const alias = new Alias.Alias(source.substring(1));
		if (alias.source === "") onError(offset, "BAD_ALIAS", "Alias cannot be an empty string");
		if (alias.source.endsWith(":")) onError(offset + source.length - 1, "BAD_ALIAS", "Alias ending in : is ambiguous", true);
		const valueEnd = offset + source.length;
		const re = resolveEnd.resolveEnd(end, valueEnd, options.strict, onError);
		alias.range = [
			offset,
			valueEnd,
			re.offset
		];
		if (re.comment) alias.comment = re.comment;
		return alias;
	}
	exports.composeEmptyNode = composeEmptyNode;
	exports.composeNode = composeNode;
}));
// node_modules/yaml/dist/compose/compose-doc.js
var require_compose_doc = /* @__PURE__ */ __commonJSMin(((exports) => {
	var Document = require_Document();
	var composeNode = require_compose_node();
	var resolveEnd = require_resolve_end();
	var resolveProps = require_resolve_props();
	function composeDoc(options, directives, { offset, start, value, end }, onError) {
		const opts = Object.assign({ _directives: directives }, options);
		const doc = new Document.Document(void 0, opts);
		const ctx = {
			atKey: false,
			atRoot: true,
			directives: doc.directives,
			options: doc.options,
			schema: doc.schema
		};
		const props = resolveProps.resolveProps(start, {
			indicator: "doc-start",
			next: value ?? end?.[0],
			offset,
			onError,
			parentIndent: 0,
			startOnNewline: true
		});
		if (props.found) {
			doc.directives.docStart = true;
			if (value && (value.type === "block-map" || value.type === "block-seq") && !props.hasNewline) onError(props.end, "MISSING_CHAR", "Block collection cannot start on same line with directives-end marker");
		}
		doc.contents = value ? composeNode.composeNode(ctx, value, props, onError) : composeNode.composeEmptyNode(ctx, props.end, start, null, props, onError);
		const contentEnd = doc.contents.range[2];
		const re = resolveEnd.resolveEnd(end, contentEnd, false, onError);
		if (re.comment) doc.comment = re.comment;
		doc.range = [
			offset,
			contentEnd,
			re.offset
		];
		return doc;
	}
	exports.composeDoc = composeDoc;
}));
// node_modules/yaml/dist/compose/composer.js
var require_composer = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_process = __require("process");
	var directives = require_directives();
	var Document = require_Document();
	var errors = require_errors();
	var identity = require_identity();
	var composeDoc = require_compose_doc();
	var resolveEnd = require_resolve_end();
	function getErrorPos(src) {
		if (typeof src === "number") return [src, src + 1];
		if (Array.isArray(src)) return src.length === 2 ? src : [src[0], src[1]];
		const { offset, source } = src;
		return [offset, offset + (typeof source === "string" ? source.length : 1)];
	}
	function parsePrelude(prelude) {
		let comment = "";
		let atComment = false;
		let afterEmptyLine = false;
		for (let i = 0; i < prelude.length; ++i) {
			const source = prelude[i];
			switch (source[0]) {
				case "#":
					comment += (comment === "" ? "" : afterEmptyLine ? "\n\n" : "\n") + (source.substring(1) || " ");
					atComment = true;
					afterEmptyLine = false;
					break;
				case "%":
					if (prelude[i + 1]?.[0] !== "#") i += 1;
					atComment = false;
					break;
				default:
					if (!atComment) afterEmptyLine = true;
					atComment = false;
			}
		}
		return {
			comment,
			afterEmptyLine
		};
	}
	/**
	* Compose a stream of CST nodes into a stream of YAML Documents.
	*
	* ```ts
	* import { Composer, Parser } from 'yaml'
	*
	* const src: string = ...
	* const tokens = new Parser().parse(src)
	* const docs = new Composer().compose(tokens)
	* ```
	*/
	var Composer = class {
		constructor(options = {}) {
			this.doc = null;
			this.atDirectives = false;
			this.prelude = [];
			this.errors = [];
			this.warnings = [];
			this.onError = (source, code, message, warning) => {
				const pos = getErrorPos(source);
				if (warning) this.warnings.push(new errors.YAMLWarning(pos, code, message));
				else this.errors.push(new errors.YAMLParseError(pos, code, message));
			};
			this.directives = new directives.Directives({ version: options.version || "1.2" });
			this.options = options;
		}
		decorate(doc, afterDoc) {
			const { comment, afterEmptyLine } = parsePrelude(this.prelude);
			if (comment) {
				const dc = doc.contents;
				if (afterDoc) doc.comment = doc.comment ? `${doc.comment}\n${comment}` : comment;
				else if (afterEmptyLine || doc.directives.docStart || !dc) doc.commentBefore = comment;
				else if (identity.isCollection(dc) && !dc.flow && dc.items.length > 0) {
					let it = dc.items[0];
					if (identity.isPair(it)) it = it.key;
					const cb = it.commentBefore;
					it.commentBefore = cb ? `${comment}\n${cb}` : comment;
				} else {
					const cb = dc.commentBefore;
					dc.commentBefore = cb ? `${comment}\n${cb}` : comment;
				}
			}
			if (afterDoc) {
				for (let i = 0; i < this.errors.length; ++i) doc.errors.push(this.errors[i]);
				for (let i = 0; i < this.warnings.length; ++i) doc.warnings.push(this.warnings[i]);
			} else {
				doc.errors = this.errors;
				doc.warnings = this.warnings;
			}
			this.prelude = [];
			this.errors = [];
			this.warnings = [];
		}
		/**
		* Current stream status information.
		*
		* Mostly useful at the end of input for an empty stream.
		*/
		streamInfo() {
			return {
				comment: parsePrelude(this.prelude).comment,
				directives: this.directives,
				errors: this.errors,
				warnings: this.warnings
			};
		}
		/**
		* Compose tokens into documents.
		*
		* @param forceDoc - If the stream contains no document, still emit a final document including any comments and directives that would be applied to a subsequent document.
		* @param endOffset - Should be set if `forceDoc` is also set, to set the document range end and to indicate errors correctly.
		*/
		*compose(tokens, forceDoc = false, endOffset = -1) {
			for (const token of tokens) yield* this.next(token);
			yield* this.end(forceDoc, endOffset);
		}
		/** Advance the composer by one CST token. */
		*next(token) {
			if (node_process.env.LOG_STREAM) console.dir(token, { depth: null });
			switch (token.type) {
				case "directive":
					this.directives.add(token.source, (offset, message, warning) => {
						const pos = getErrorPos(token);
						pos[0] += offset;
						this.onError(pos, "BAD_DIRECTIVE", message, warning);
					});
					this.prelude.push(token.source);
					this.atDirectives = true;
					break;
				case "document": {
					const doc = composeDoc.composeDoc(this.options, this.directives, token, this.onError);
					if (this.atDirectives && !doc.directives.docStart) this.onError(token, "MISSING_CHAR", "Missing directives-end/doc-start indicator line");
					this.decorate(doc, false);
					if (this.doc) yield this.doc;
					this.doc = doc;
					this.atDirectives = false;
					break;
				}
				case "byte-order-mark":
				case "space": break;
				case "comment":
				case "newline":
					this.prelude.push(token.source);
					break;
				case "error": {
					const msg = token.source ? `${token.message}: ${JSON.stringify(token.source)}` : token.message;
					const error = new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", msg);
					if (this.atDirectives || !this.doc) this.errors.push(error);
					else this.doc.errors.push(error);
					break;
				}
				case "doc-end": {
					if (!this.doc) {
						this.errors.push(new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", "Unexpected doc-end without preceding document"));
						break;
					}
					this.doc.directives.docEnd = true;
					const end = resolveEnd.resolveEnd(token.end, token.offset + token.source.length, this.doc.options.strict, this.onError);
					this.decorate(this.doc, true);
					if (end.comment) {
						const dc = this.doc.comment;
						this.doc.comment = dc ? `${dc}\n${end.comment}` : end.comment;
					}
					this.doc.range[2] = end.offset;
					break;
				}
				default: this.errors.push(new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", `Unsupported token ${token.type}`));
			}
		}
		/**
		* Call at end of input to yield any remaining document.
		*
		* @param forceDoc - If the stream contains no document, still emit a final document including any comments and directives that would be applied to a subsequent document.
		* @param endOffset - Should be set if `forceDoc` is also set, to set the document range end and to indicate errors correctly.
		*/
		*end(forceDoc = false, endOffset = -1) {
			if (this.doc) {
				this.decorate(this.doc, true);
				yield this.doc;
				this.doc = null;
			} else if (forceDoc) {
				const opts = Object.assign({ _directives: this.directives }, this.options);
				const doc = new Document.Document(void 0, opts);
				if (this.atDirectives) this.onError(endOffset, "MISSING_CHAR", "Missing directives-end indicator line");
				doc.range = [
					0,
					endOffset,
					endOffset
				];
				this.decorate(doc, false);
				yield doc;
			}
		}
	};
	exports.Composer = Composer;
}));
// node_modules/yaml/dist/parse/cst-scalar.js
var require_cst_scalar = /* @__PURE__ */ __commonJSMin(((exports) => {
	var resolveBlockScalar = require_resolve_block_scalar();
	var resolveFlowScalar = require_resolve_flow_scalar();
	var errors = require_errors();
	var stringifyString = require_stringifyString();
	function resolveAsScalar(token, strict = true, onError) {
		if (token) {
			const _onError = (pos, code, message) => {
				const offset = typeof pos === "number" ? pos : Array.isArray(pos) ? pos[0] : pos.offset;
				if (onError) onError(offset, code, message);
				else throw new errors.YAMLParseError([offset, offset + 1], code, message);
			};
			switch (token.type) {
				case "scalar":
				case "single-quoted-scalar":
				case "double-quoted-scalar": return resolveFlowScalar.resolveFlowScalar(token, strict, _onError);
				case "block-scalar": return resolveBlockScalar.resolveBlockScalar({ options: { strict } }, token, _onError);
			}
		}
		return null;
	}
	/**
	* Create a new scalar token with `value`
	*
	* Values that represent an actual string but may be parsed as a different type should use a `type` other than `'PLAIN'`,
	* as this function does not support any schema operations and won't check for such conflicts.
	*
	* @param value The string representation of the value, which will have its content properly indented.
	* @param context.end Comments and whitespace after the end of the value, or after the block scalar header. If undefined, a newline will be added.
	* @param context.implicitKey Being within an implicit key may affect the resolved type of the token's value.
	* @param context.indent The indent level of the token.
	* @param context.inFlow Is this scalar within a flow collection? This may affect the resolved type of the token's value.
	* @param context.offset The offset position of the token.
	* @param context.type The preferred type of the scalar token. If undefined, the previous type of the `token` will be used, defaulting to `'PLAIN'`.
	*/
	function createScalarToken(value, context) {
		const { implicitKey = false, indent, inFlow = false, offset = -1, type = "PLAIN" } = context;
		const source = stringifyString.stringifyString({
			type,
			value
		}, {
			implicitKey,
			indent: indent > 0 ? " ".repeat(indent) : "",
			inFlow,
			options: {
				blockQuote: true,
				lineWidth: -1
			}
		});
		const end = context.end ?? [{
			type: "newline",
			offset: -1,
			indent,
			source: "\n"
		}];
		switch (source[0]) {
			case "|":
			case ">": {
				const he = source.indexOf("\n");
				const head = source.substring(0, he);
				const body = source.substring(he + 1) + "\n";
				const props = [{
					type: "block-scalar-header",
					offset,
					indent,
					source: head
				}];
				if (!addEndtoBlockProps(props, end)) props.push({
					type: "newline",
					offset: -1,
					indent,
					source: "\n"
				});
				return {
					type: "block-scalar",
					offset,
					indent,
					props,
					source: body
				};
			}
			case "\"": return {
				type: "double-quoted-scalar",
				offset,
				indent,
				source,
				end
			};
			case "'": return {
				type: "single-quoted-scalar",
				offset,
				indent,
				source,
				end
			};
			default: return {
				type: "scalar",
				offset,
				indent,
				source,
				end
			};
		}
	}
	/**
	* Set the value of `token` to the given string `value`, overwriting any previous contents and type that it may have.
	*
	* Best efforts are made to retain any comments previously associated with the `token`,
	* though all contents within a collection's `items` will be overwritten.
	*
	* Values that represent an actual string but may be parsed as a different type should use a `type` other than `'PLAIN'`,
	* as this function does not support any schema operations and won't check for such conflicts.
	*
	* @param token Any token. If it does not include an `indent` value, the value will be stringified as if it were an implicit key.
	* @param value The string representation of the value, which will have its content properly indented.
	* @param context.afterKey In most cases, values after a key should have an additional level of indentation.
	* @param context.implicitKey Being within an implicit key may affect the resolved type of the token's value.
	* @param context.inFlow Being within a flow collection may affect the resolved type of the token's value.
	* @param context.type The preferred type of the scalar token. If undefined, the previous type of the `token` will be used, defaulting to `'PLAIN'`.
	*/
	function setScalarValue(token, value, context = {}) {
		let { afterKey = false, implicitKey = false, inFlow = false, type } = context;
		let indent = "indent" in token ? token.indent : null;
		if (afterKey && typeof indent === "number") indent += 2;
		if (!type) switch (token.type) {
			case "single-quoted-scalar":
				type = "QUOTE_SINGLE";
				break;
			case "double-quoted-scalar":
				type = "QUOTE_DOUBLE";
				break;
			case "block-scalar": {
				const header = token.props[0];
				if (header.type !== "block-scalar-header") throw new Error("Invalid block scalar header");
				type = header.source[0] === ">" ? "BLOCK_FOLDED" : "BLOCK_LITERAL";
				break;
			}
			default: type = "PLAIN";
		}
		const source = stringifyString.stringifyString({
			type,
			value
		}, {
			implicitKey: implicitKey || indent === null,
			indent: indent !== null && indent > 0 ? " ".repeat(indent) : "",
			inFlow,
			options: {
				blockQuote: true,
				lineWidth: -1
			}
		});
		switch (source[0]) {
			case "|":
			case ">":
				setBlockScalarValue(token, source);
				break;
			case "\"":
				setFlowScalarValue(token, source, "double-quoted-scalar");
				break;
			case "'":
				setFlowScalarValue(token, source, "single-quoted-scalar");
				break;
			default: setFlowScalarValue(token, source, "scalar");
		}
	}
	function setBlockScalarValue(token, source) {
		const he = source.indexOf("\n");
		const head = source.substring(0, he);
		const body = source.substring(he + 1) + "\n";
		if (token.type === "block-scalar") {
			const header = token.props[0];
			if (header.type !== "block-scalar-header") throw new Error("Invalid block scalar header");
			header.source = head;
			token.source = body;
		} else {
			const { offset } = token;
			const indent = "indent" in token ? token.indent : -1;
			const props = [{
				type: "block-scalar-header",
				offset,
				indent,
				source: head
			}];
			if (!addEndtoBlockProps(props, "end" in token ? token.end : void 0)) props.push({
				type: "newline",
				offset: -1,
				indent,
				source: "\n"
			});
			for (const key of Object.keys(token)) if (key !== "type" && key !== "offset") delete token[key];
			Object.assign(token, {
				type: "block-scalar",
				indent,
				props,
				source: body
			});
		}
	}
	/** @returns `true` if last token is a newline */
	function addEndtoBlockProps(props, end) {
		if (end) for (const st of end) switch (st.type) {
			case "space":
			case "comment":
				props.push(st);
				break;
			case "newline":
				props.push(st);
				return true;
		}
		return false;
	}
	function setFlowScalarValue(token, source, type) {
		switch (token.type) {
			case "scalar":
			case "double-quoted-scalar":
			case "single-quoted-scalar":
				token.type = type;
				token.source = source;
				break;
			case "block-scalar": {
				const end = token.props.slice(1);
				let oa = source.length;
				if (token.props[0].type === "block-scalar-header") oa -= token.props[0].source.length;
				for (const tok of end) tok.offset += oa;
				delete token.props;
				Object.assign(token, {
					type,
					source,
					end
				});
				break;
			}
			case "block-map":
			case "block-seq": {
				const nl = {
					type: "newline",
					offset: token.offset + source.length,
					indent: token.indent,
					source: "\n"
				};
				delete token.items;
				Object.assign(token, {
					type,
					source,
					end: [nl]
				});
				break;
			}
			default: {
				const indent = "indent" in token ? token.indent : -1;
				const end = "end" in token && Array.isArray(token.end) ? token.end.filter((st) => st.type === "space" || st.type === "comment" || st.type === "newline") : [];
				for (const key of Object.keys(token)) if (key !== "type" && key !== "offset") delete token[key];
				Object.assign(token, {
					type,
					indent,
					source,
					end
				});
			}
		}
	}
	exports.createScalarToken = createScalarToken;
	exports.resolveAsScalar = resolveAsScalar;
	exports.setScalarValue = setScalarValue;
}));
// node_modules/yaml/dist/parse/cst-stringify.js
var require_cst_stringify = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Stringify a CST document, token, or collection item
	*
	* Fair warning: This applies no validation whatsoever, and
	* simply concatenates the sources in their logical order.
	*/
	const stringify = (cst) => "type" in cst ? stringifyToken(cst) : stringifyItem(cst);
	function stringifyToken(token) {
		switch (token.type) {
			case "block-scalar": {
				let res = "";
				for (const tok of token.props) res += stringifyToken(tok);
				return res + token.source;
			}
			case "block-map":
			case "block-seq": {
				let res = "";
				for (const item of token.items) res += stringifyItem(item);
				return res;
			}
			case "flow-collection": {
				let res = token.start.source;
				for (const item of token.items) res += stringifyItem(item);
				for (const st of token.end) res += st.source;
				return res;
			}
			case "document": {
				let res = stringifyItem(token);
				if (token.end) for (const st of token.end) res += st.source;
				return res;
			}
			default: {
				let res = token.source;
				if ("end" in token && token.end) for (const st of token.end) res += st.source;
				return res;
			}
		}
	}
	function stringifyItem({ start, key, sep, value }) {
		let res = "";
		for (const st of start) res += st.source;
		if (key) res += stringifyToken(key);
		if (sep) for (const st of sep) res += st.source;
		if (value) res += stringifyToken(value);
		return res;
	}
	exports.stringify = stringify;
}));
// node_modules/yaml/dist/parse/cst-visit.js
var require_cst_visit = /* @__PURE__ */ __commonJSMin(((exports) => {
	const BREAK = Symbol("break visit");
	const SKIP = Symbol("skip children");
	const REMOVE = Symbol("remove item");
	/**
	* Apply a visitor to a CST document or item.
	*
	* Walks through the tree (depth-first) starting from the root, calling a
	* `visitor` function with two arguments when entering each item:
	*   - `item`: The current item, which included the following members:
	*     - `start: SourceToken[]` – Source tokens before the key or value,
	*       possibly including its anchor or tag.
	*     - `key?: Token | null` – Set for pair values. May then be `null`, if
	*       the key before the `:` separator is empty.
	*     - `sep?: SourceToken[]` – Source tokens between the key and the value,
	*       which should include the `:` map value indicator if `value` is set.
	*     - `value?: Token` – The value of a sequence item, or of a map pair.
	*   - `path`: The steps from the root to the current node, as an array of
	*     `['key' | 'value', number]` tuples.
	*
	* The return value of the visitor may be used to control the traversal:
	*   - `undefined` (default): Do nothing and continue
	*   - `visit.SKIP`: Do not visit the children of this token, continue with
	*      next sibling
	*   - `visit.BREAK`: Terminate traversal completely
	*   - `visit.REMOVE`: Remove the current item, then continue with the next one
	*   - `number`: Set the index of the next step. This is useful especially if
	*     the index of the current token has changed.
	*   - `function`: Define the next visitor for this item. After the original
	*     visitor is called on item entry, next visitors are called after handling
	*     a non-empty `key` and when exiting the item.
	*/
	function visit(cst, visitor) {
		if ("type" in cst && cst.type === "document") cst = {
			start: cst.start,
			value: cst.value
		};
		_visit(Object.freeze([]), cst, visitor);
	}
	/** Terminate visit traversal completely */
	visit.BREAK = BREAK;
	/** Do not visit the children of the current item */
	visit.SKIP = SKIP;
	/** Remove the current item */
	visit.REMOVE = REMOVE;
	/** Find the item at `path` from `cst` as the root */
	visit.itemAtPath = (cst, path) => {
		let item = cst;
		for (const [field, index] of path) {
			const tok = item?.[field];
			if (tok && "items" in tok) item = tok.items[index];
			else return void 0;
		}
		return item;
	};
	/**
	* Get the immediate parent collection of the item at `path` from `cst` as the root.
	*
	* Throws an error if the collection is not found, which should never happen if the item itself exists.
	*/
	visit.parentCollection = (cst, path) => {
		const parent = visit.itemAtPath(cst, path.slice(0, -1));
		const field = path[path.length - 1][0];
		const coll = parent?.[field];
		if (coll && "items" in coll) return coll;
		throw new Error("Parent collection not found");
	};
	function _visit(path, item, visitor) {
		let ctrl = visitor(item, path);
		if (typeof ctrl === "symbol") return ctrl;
		for (const field of ["key", "value"]) {
			const token = item[field];
			if (token && "items" in token) {
				for (let i = 0; i < token.items.length; ++i) {
					const ci = _visit(Object.freeze(path.concat([[field, i]])), token.items[i], visitor);
					if (typeof ci === "number") i = ci - 1;
					else if (ci === BREAK) return BREAK;
					else if (ci === REMOVE) {
						token.items.splice(i, 1);
						i -= 1;
					}
				}
				if (typeof ctrl === "function" && field === "key") ctrl = ctrl(item, path);
			}
		}
		return typeof ctrl === "function" ? ctrl(item, path) : ctrl;
	}
	exports.visit = visit;
}));
// node_modules/yaml/dist/parse/cst.js
var require_cst = /* @__PURE__ */ __commonJSMin(((exports) => {
	var cstScalar = require_cst_scalar();
	var cstStringify = require_cst_stringify();
	var cstVisit = require_cst_visit();
	/** The byte order mark */
	const BOM = "﻿";
	/** Start of doc-mode */
	const DOCUMENT = "";
	/** Unexpected end of flow-mode */
	const FLOW_END = "";
	/** Next token is a scalar value */
	const SCALAR = "";
	/** @returns `true` if `token` is a flow or block collection */
	const isCollection = (token) => !!token && "items" in token;
	/** @returns `true` if `token` is a flow or block scalar; not an alias */
	const isScalar = (token) => !!token && (token.type === "scalar" || token.type === "single-quoted-scalar" || token.type === "double-quoted-scalar" || token.type === "block-scalar");
	/* istanbul ignore next */
	/** Get a printable representation of a lexer token */
	function prettyToken(token) {
		switch (token) {
			case BOM: return "<BOM>";
			case DOCUMENT: return "<DOC>";
			case FLOW_END: return "<FLOW_END>";
			case SCALAR: return "<SCALAR>";
			default: return JSON.stringify(token);
		}
	}
	/** Identify the type of a lexer token. May return `null` for unknown tokens. */
	function tokenType(source) {
		switch (source) {
			case BOM: return "byte-order-mark";
			case DOCUMENT: return "doc-mode";
			case FLOW_END: return "flow-error-end";
			case SCALAR: return "scalar";
			case "---": return "doc-start";
			case "...": return "doc-end";
			case "":
			case "\n":
			case "\r\n": return "newline";
			case "-": return "seq-item-ind";
			case "?": return "explicit-key-ind";
			case ":": return "map-value-ind";
			case "{": return "flow-map-start";
			case "}": return "flow-map-end";
			case "[": return "flow-seq-start";
			case "]": return "flow-seq-end";
			case ",": return "comma";
		}
		switch (source[0]) {
			case " ":
			case "	": return "space";
			case "#": return "comment";
			case "%": return "directive-line";
			case "*": return "alias";
			case "&": return "anchor";
			case "!": return "tag";
			case "'": return "single-quoted-scalar";
			case "\"": return "double-quoted-scalar";
			case "|":
			case ">": return "block-scalar-header";
		}
		return null;
	}
	exports.createScalarToken = cstScalar.createScalarToken;
	exports.resolveAsScalar = cstScalar.resolveAsScalar;
	exports.setScalarValue = cstScalar.setScalarValue;
	exports.stringify = cstStringify.stringify;
	exports.visit = cstVisit.visit;
	exports.BOM = BOM;
	exports.DOCUMENT = DOCUMENT;
	exports.FLOW_END = FLOW_END;
	exports.SCALAR = SCALAR;
	exports.isCollection = isCollection;
	exports.isScalar = isScalar;
	exports.prettyToken = prettyToken;
	exports.tokenType = tokenType;
}));
// node_modules/yaml/dist/parse/lexer.js
var require_lexer = /* @__PURE__ */ __commonJSMin(((exports) => {
	var cst = require_cst();
	function isEmpty(ch) {
		switch (ch) {
			case void 0:
			case " ":
			case "\n":
			case "\r":
			case "	": return true;
			default: return false;
		}
	}
	const hexDigits = /* @__PURE__ */ new Set("0123456789ABCDEFabcdef");
	const tagChars = /* @__PURE__ */ new Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-#;/?:@&=+$_.!~*'()");
	const flowIndicatorChars = /* @__PURE__ */ new Set(",[]{}");
	const invalidAnchorChars = /* @__PURE__ */ new Set(" ,[]{}\n\r	");
	const isNotAnchorChar = (ch) => !ch || invalidAnchorChars.has(ch);
	/**
	* Splits an input string into lexical tokens, i.e. smaller strings that are
	* easily identifiable by `tokens.tokenType()`.
	*
	* Lexing starts always in a "stream" context. Incomplete input may be buffered
	* until a complete token can be emitted.
	*
	* In addition to slices of the original input, the following control characters
	* may also be emitted:
	*
	* - `\x02` (Start of Text): A document starts with the next token
	* - `\x18` (Cancel): Unexpected end of flow-mode (indicates an error)
	* - `\x1f` (Unit Separator): Next token is a scalar value
	* - `\u{FEFF}` (Byte order mark): Emitted separately outside documents
	*/
	var Lexer = class {
		constructor() {
			/**
			* Flag indicating whether the end of the current buffer marks the end of
			* all input
			*/
			this.atEnd = false;
			/**
			* Explicit indent set in block scalar header, as an offset from the current
			* minimum indent, so e.g. set to 1 from a header `|2+`. Set to -1 if not
			* explicitly set.
			*/
			this.blockScalarIndent = -1;
			/**
			* Block scalars that include a + (keep) chomping indicator in their header
			* include trailing empty lines, which are otherwise excluded from the
			* scalar's contents.
			*/
			this.blockScalarKeep = false;
			/** Current input */
			this.buffer = "";
			/**
			* Flag noting whether the map value indicator : can immediately follow this
			* node within a flow context.
			*/
			this.flowKey = false;
			/** Count of surrounding flow collection levels. */
			this.flowLevel = 0;
			/**
			* Minimum level of indentation required for next lines to be parsed as a
			* part of the current scalar value.
			*/
			this.indentNext = 0;
			/** Indentation level of the current line. */
			this.indentValue = 0;
			/** Position of the next \n character. */
			this.lineEndPos = null;
			/** Stores the state of the lexer if reaching the end of incpomplete input */
			this.next = null;
			/** A pointer to `buffer`; the current position of the lexer. */
			this.pos = 0;
		}
		/**
		* Generate YAML tokens from the `source` string. If `incomplete`,
		* a part of the last line may be left as a buffer for the next call.
		*
		* @returns A generator of lexical tokens
		*/
		*lex(source, incomplete = false) {
			if (source) {
				if (typeof source !== "string") throw TypeError("source is not a string");
				this.buffer = this.buffer ? this.buffer + source : source;
				this.lineEndPos = null;
			}
			this.atEnd = !incomplete;
			let next = this.next ?? "stream";
			while (next && (incomplete || this.hasChars(1))) next = yield* this.parseNext(next);
		}
		atLineEnd() {
			let i = this.pos;
			let ch = this.buffer[i];
			while (ch === " " || ch === "	") ch = this.buffer[++i];
			if (!ch || ch === "#" || ch === "\n") return true;
			if (ch === "\r") return this.buffer[i + 1] === "\n";
			return false;
		}
		charAt(n) {
			return this.buffer[this.pos + n];
		}
		continueScalar(offset) {
			let ch = this.buffer[offset];
			if (this.indentNext > 0) {
				let indent = 0;
				while (ch === " ") ch = this.buffer[++indent + offset];
				if (ch === "\r") {
					const next = this.buffer[indent + offset + 1];
					if (next === "\n" || !next && !this.atEnd) return offset + indent + 1;
				}
				return ch === "\n" || indent >= this.indentNext || !ch && !this.atEnd ? offset + indent : -1;
			}
			if (ch === "-" || ch === ".") {
				const dt = this.buffer.substr(offset, 3);
				if ((dt === "---" || dt === "...") && isEmpty(this.buffer[offset + 3])) return -1;
			}
			return offset;
		}
		getLine() {
			let end = this.lineEndPos;
			if (typeof end !== "number" || end !== -1 && end < this.pos) {
				end = this.buffer.indexOf("\n", this.pos);
				this.lineEndPos = end;
			}
			if (end === -1) return this.atEnd ? this.buffer.substring(this.pos) : null;
			if (this.buffer[end - 1] === "\r") end -= 1;
			return this.buffer.substring(this.pos, end);
		}
		hasChars(n) {
			return this.pos + n <= this.buffer.length;
		}
		setNext(state) {
			this.buffer = this.buffer.substring(this.pos);
			this.pos = 0;
			this.lineEndPos = null;
			this.next = state;
			return null;
		}
		peek(n) {
			return this.buffer.substr(this.pos, n);
		}
		*parseNext(next) {
			switch (next) {
				case "stream": return yield* this.parseStream();
				case "line-start": return yield* this.parseLineStart();
				case "block-start": return yield* this.parseBlockStart();
				case "doc": return yield* this.parseDocument();
				case "flow": return yield* this.parseFlowCollection();
				case "quoted-scalar": return yield* this.parseQuotedScalar();
				case "block-scalar": return yield* this.parseBlockScalar();
				case "plain-scalar": return yield* this.parsePlainScalar();
			}
		}
		*parseStream() {
			let line = this.getLine();
			if (line === null) return this.setNext("stream");
			if (line[0] === cst.BOM) {
				yield* this.pushCount(1);
				line = line.substring(1);
			}
			if (line[0] === "%") {
				let dirEnd = line.length;
				let cs = line.indexOf("#");
				while (cs !== -1) {
					const ch = line[cs - 1];
					if (ch === " " || ch === "	") {
						dirEnd = cs - 1;
						break;
					} else cs = line.indexOf("#", cs + 1);
				}
				while (true) {
					const ch = line[dirEnd - 1];
					if (ch === " " || ch === "	") dirEnd -= 1;
					else break;
				}
				const n = (yield* this.pushCount(dirEnd)) + (yield* this.pushSpaces(true));
				yield* this.pushCount(line.length - n);
				this.pushNewline();
				return "stream";
			}
			if (this.atLineEnd()) {
				const sp = yield* this.pushSpaces(true);
				yield* this.pushCount(line.length - sp);
				yield* this.pushNewline();
				return "stream";
			}
			yield cst.DOCUMENT;
			return yield* this.parseLineStart();
		}
		*parseLineStart() {
			const ch = this.charAt(0);
			if (!ch && !this.atEnd) return this.setNext("line-start");
			if (ch === "-" || ch === ".") {
				if (!this.atEnd && !this.hasChars(4)) return this.setNext("line-start");
				const s = this.peek(3);
				if ((s === "---" || s === "...") && isEmpty(this.charAt(3))) {
					yield* this.pushCount(3);
					this.indentValue = 0;
					this.indentNext = 0;
					return s === "---" ? "doc" : "stream";
				}
			}
			this.indentValue = yield* this.pushSpaces(false);
			if (this.indentNext > this.indentValue && !isEmpty(this.charAt(1))) this.indentNext = this.indentValue;
			return yield* this.parseBlockStart();
		}
		*parseBlockStart() {
			const [ch0, ch1] = this.peek(2);
			if (!ch1 && !this.atEnd) return this.setNext("block-start");
			if ((ch0 === "-" || ch0 === "?" || ch0 === ":") && isEmpty(ch1)) {
				const n = (yield* this.pushCount(1)) + (yield* this.pushSpaces(true));
				this.indentNext = this.indentValue + 1;
				this.indentValue += n;
				return "block-start";
			}
			return "doc";
		}
		*parseDocument() {
			yield* this.pushSpaces(true);
			const line = this.getLine();
			if (line === null) return this.setNext("doc");
			let n = yield* this.pushIndicators();
			switch (line[n]) {
				case "#": yield* this.pushCount(line.length - n);
				case void 0:
					yield* this.pushNewline();
					return yield* this.parseLineStart();
				case "{":
				case "[":
					yield* this.pushCount(1);
					this.flowKey = false;
					this.flowLevel = 1;
					return "flow";
				case "}":
				case "]":
					yield* this.pushCount(1);
					return "doc";
				case "*":
					yield* this.pushUntil(isNotAnchorChar);
					return "doc";
				case "\"":
				case "'": return yield* this.parseQuotedScalar();
				case "|":
				case ">":
					n += yield* this.parseBlockScalarHeader();
					n += yield* this.pushSpaces(true);
					yield* this.pushCount(line.length - n);
					yield* this.pushNewline();
					return yield* this.parseBlockScalar();
				default: return yield* this.parsePlainScalar();
			}
		}
		*parseFlowCollection() {
			let nl, sp;
			let indent = -1;
			do {
				nl = yield* this.pushNewline();
				if (nl > 0) {
					sp = yield* this.pushSpaces(false);
					this.indentValue = indent = sp;
				} else sp = 0;
				sp += yield* this.pushSpaces(true);
			} while (nl + sp > 0);
			const line = this.getLine();
			if (line === null) return this.setNext("flow");
			if (indent !== -1 && indent < this.indentNext && line[0] !== "#" || indent === 0 && (line.startsWith("---") || line.startsWith("...")) && isEmpty(line[3])) {
				if (!(indent === this.indentNext - 1 && this.flowLevel === 1 && (line[0] === "]" || line[0] === "}"))) {
					this.flowLevel = 0;
					yield cst.FLOW_END;
					return yield* this.parseLineStart();
				}
			}
			let n = 0;
			while (line[n] === ",") {
				n += yield* this.pushCount(1);
				n += yield* this.pushSpaces(true);
				this.flowKey = false;
			}
			n += yield* this.pushIndicators();
			switch (line[n]) {
				case void 0: return "flow";
				case "#":
					yield* this.pushCount(line.length - n);
					return "flow";
				case "{":
				case "[":
					yield* this.pushCount(1);
					this.flowKey = false;
					this.flowLevel += 1;
					return "flow";
				case "}":
				case "]":
					yield* this.pushCount(1);
					this.flowKey = true;
					this.flowLevel -= 1;
					return this.flowLevel ? "flow" : "doc";
				case "*":
					yield* this.pushUntil(isNotAnchorChar);
					return "flow";
				case "\"":
				case "'":
					this.flowKey = true;
					return yield* this.parseQuotedScalar();
				case ":": {
					const next = this.charAt(1);
					if (this.flowKey || isEmpty(next) || next === ",") {
						this.flowKey = false;
						yield* this.pushCount(1);
						yield* this.pushSpaces(true);
						return "flow";
					}
				}
				default:
					this.flowKey = false;
					return yield* this.parsePlainScalar();
			}
		}
		*parseQuotedScalar() {
			const quote = this.charAt(0);
			let end = this.buffer.indexOf(quote, this.pos + 1);
			if (quote === "'") while (end !== -1 && this.buffer[end + 1] === "'") end = this.buffer.indexOf("'", end + 2);
			else while (end !== -1) {
				let n = 0;
				while (this.buffer[end - 1 - n] === "\\") n += 1;
				if (n % 2 === 0) break;
				end = this.buffer.indexOf("\"", end + 1);
			}
			const qb = this.buffer.substring(0, end);
			let nl = qb.indexOf("\n", this.pos);
			if (nl !== -1) {
				while (nl !== -1) {
					const cs = this.continueScalar(nl + 1);
					if (cs === -1) break;
					nl = qb.indexOf("\n", cs);
				}
				if (nl !== -1) end = nl - (qb[nl - 1] === "\r" ? 2 : 1);
			}
			if (end === -1) {
				if (!this.atEnd) return this.setNext("quoted-scalar");
				end = this.buffer.length;
			}
			yield* this.pushToIndex(end + 1, false);
			return this.flowLevel ? "flow" : "doc";
		}
		*parseBlockScalarHeader() {
			this.blockScalarIndent = -1;
			this.blockScalarKeep = false;
			let i = this.pos;
			while (true) {
				const ch = this.buffer[++i];
				if (ch === "+") this.blockScalarKeep = true;
				else if (ch > "0" && ch <= "9") this.blockScalarIndent = Number(ch) - 1;
				else if (ch !== "-") break;
			}
			return yield* this.pushUntil((ch) => isEmpty(ch) || ch === "#");
		}
		*parseBlockScalar() {
			let nl = this.pos - 1;
			let indent = 0;
			let ch;
			loop: for (let i = this.pos; ch = this.buffer[i]; ++i) switch (ch) {
				case " ":
					indent += 1;
					break;
				case "\n":
					nl = i;
					indent = 0;
					break;
				case "\r": {
					const next = this.buffer[i + 1];
					if (!next && !this.atEnd) return this.setNext("block-scalar");
					if (next === "\n") break;
				}
				default: break loop;
			}
			if (!ch && !this.atEnd) return this.setNext("block-scalar");
			if (indent >= this.indentNext) {
				if (this.blockScalarIndent === -1) this.indentNext = indent;
				else this.indentNext = this.blockScalarIndent + (this.indentNext === 0 ? 1 : this.indentNext);
				do {
					const cs = this.continueScalar(nl + 1);
					if (cs === -1) break;
					nl = this.buffer.indexOf("\n", cs);
				} while (nl !== -1);
				if (nl === -1) {
					if (!this.atEnd) return this.setNext("block-scalar");
					nl = this.buffer.length;
				}
			}
			let i = nl + 1;
			ch = this.buffer[i];
			while (ch === " ") ch = this.buffer[++i];
			if (ch === "	") {
				while (ch === "	" || ch === " " || ch === "\r" || ch === "\n") ch = this.buffer[++i];
				nl = i - 1;
			} else if (!this.blockScalarKeep) do {
				let i = nl - 1;
				let ch = this.buffer[i];
				if (ch === "\r") ch = this.buffer[--i];
				const lastChar = i;
				while (ch === " ") ch = this.buffer[--i];
				if (ch === "\n" && i >= this.pos && i + 1 + indent > lastChar) nl = i;
				else break;
			} while (true);
			yield cst.SCALAR;
			yield* this.pushToIndex(nl + 1, true);
			return yield* this.parseLineStart();
		}
		*parsePlainScalar() {
			const inFlow = this.flowLevel > 0;
			let end = this.pos - 1;
			let i = this.pos - 1;
			let ch;
			while (ch = this.buffer[++i]) if (ch === ":") {
				const next = this.buffer[i + 1];
				if (isEmpty(next) || inFlow && flowIndicatorChars.has(next)) break;
				end = i;
			} else if (isEmpty(ch)) {
				let next = this.buffer[i + 1];
				if (ch === "\r") {
					if (next === "\n") {
						i += 1;
						ch = "\n";
						next = this.buffer[i + 1];
					} else end = i;
				}
				if (next === "#" || inFlow && flowIndicatorChars.has(next)) break;
				if (ch === "\n") {
					const cs = this.continueScalar(i + 1);
					if (cs === -1) break;
					i = Math.max(i, cs - 2);
				}
			} else {
				if (inFlow && flowIndicatorChars.has(ch)) break;
				end = i;
			}
			if (!ch && !this.atEnd) return this.setNext("plain-scalar");
			yield cst.SCALAR;
			yield* this.pushToIndex(end + 1, true);
			return inFlow ? "flow" : "doc";
		}
		*pushCount(n) {
			if (n > 0) {
				yield this.buffer.substr(this.pos, n);
				this.pos += n;
				return n;
			}
			return 0;
		}
		*pushToIndex(i, allowEmpty) {
			const s = this.buffer.slice(this.pos, i);
			if (s) {
				yield s;
				this.pos += s.length;
				return s.length;
			} else if (allowEmpty) yield "";
			return 0;
		}
		*pushIndicators() {
			let n = 0;
			loop: while (true) {
				switch (this.charAt(0)) {
					case "!":
						n += yield* this.pushTag();
						n += yield* this.pushSpaces(true);
						continue loop;
					case "&":
						n += yield* this.pushUntil(isNotAnchorChar);
						n += yield* this.pushSpaces(true);
						continue loop;
					case "-":
					case "?":
					case ":": {
						const inFlow = this.flowLevel > 0;
						const ch1 = this.charAt(1);
						if (isEmpty(ch1) || inFlow && flowIndicatorChars.has(ch1)) {
							if (!inFlow) this.indentNext = this.indentValue + 1;
							else if (this.flowKey) this.flowKey = false;
							n += yield* this.pushCount(1);
							n += yield* this.pushSpaces(true);
							continue loop;
						}
					}
				}
				break loop;
			}
			return n;
		}
		*pushTag() {
			if (this.charAt(1) === "<") {
				let i = this.pos + 2;
				let ch = this.buffer[i];
				while (!isEmpty(ch) && ch !== ">") ch = this.buffer[++i];
				return yield* this.pushToIndex(ch === ">" ? i + 1 : i, false);
			} else {
				let i = this.pos + 1;
				let ch = this.buffer[i];
				while (ch) if (tagChars.has(ch)) ch = this.buffer[++i];
				else if (ch === "%" && hexDigits.has(this.buffer[i + 1]) && hexDigits.has(this.buffer[i + 2])) ch = this.buffer[i += 3];
				else break;
				return yield* this.pushToIndex(i, false);
			}
		}
		*pushNewline() {
			const ch = this.buffer[this.pos];
			if (ch === "\n") return yield* this.pushCount(1);
			else if (ch === "\r" && this.charAt(1) === "\n") return yield* this.pushCount(2);
			else return 0;
		}
		*pushSpaces(allowTabs) {
			let i = this.pos - 1;
			let ch;
			do
				ch = this.buffer[++i];
			while (ch === " " || allowTabs && ch === "	");
			const n = i - this.pos;
			if (n > 0) {
				yield this.buffer.substr(this.pos, n);
				this.pos = i;
			}
			return n;
		}
		*pushUntil(test) {
			let i = this.pos;
			let ch = this.buffer[i];
			while (!test(ch)) ch = this.buffer[++i];
			return yield* this.pushToIndex(i, false);
		}
	};
	exports.Lexer = Lexer;
}));
// node_modules/yaml/dist/parse/line-counter.js
var require_line_counter = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Tracks newlines during parsing in order to provide an efficient API for
	* determining the one-indexed `{ line, col }` position for any offset
	* within the input.
	*/
	var LineCounter = class {
		constructor() {
			this.lineStarts = [];
			/**
			* Should be called in ascending order. Otherwise, call
			* `lineCounter.lineStarts.sort()` before calling `linePos()`.
			*/
			this.addNewLine = (offset) => this.lineStarts.push(offset);
			/**
			* Performs a binary search and returns the 1-indexed { line, col }
			* position of `offset`. If `line === 0`, `addNewLine` has never been
			* called or `offset` is before the first known newline.
			*/
			this.linePos = (offset) => {
				let low = 0;
				let high = this.lineStarts.length;
				while (low < high) {
					const mid = low + high >> 1;
					if (this.lineStarts[mid] < offset) low = mid + 1;
					else high = mid;
				}
				if (this.lineStarts[low] === offset) return {
					line: low + 1,
					col: 1
				};
				if (low === 0) return {
					line: 0,
					col: offset
				};
				const start = this.lineStarts[low - 1];
				return {
					line: low,
					col: offset - start + 1
				};
			};
		}
	};
	exports.LineCounter = LineCounter;
}));
// node_modules/yaml/dist/parse/parser.js
var require_parser = /* @__PURE__ */ __commonJSMin(((exports) => {
	var node_process = __require("process");
	var cst = require_cst();
	var lexer = require_lexer();
	function includesToken(list, type) {
		for (let i = 0; i < list.length; ++i) if (list[i].type === type) return true;
		return false;
	}
	function findNonEmptyIndex(list) {
		for (let i = 0; i < list.length; ++i) switch (list[i].type) {
			case "space":
			case "comment":
			case "newline": break;
			default: return i;
		}
		return -1;
	}
	function isFlowToken(token) {
		switch (token?.type) {
			case "alias":
			case "scalar":
			case "single-quoted-scalar":
			case "double-quoted-scalar":
			case "flow-collection": return true;
			default: return false;
		}
	}
	function getPrevProps(parent) {
		switch (parent.type) {
			case "document": return parent.start;
			case "block-map": {
				const it = parent.items[parent.items.length - 1];
				return it.sep ?? it.start;
			}
			case "block-seq": return parent.items[parent.items.length - 1].start;
			/* istanbul ignore next should not happen */
			default: return [];
		}
	}
	/** Note: May modify input array */
	function getFirstKeyStartProps(prev) {
		if (prev.length === 0) return [];
		let i = prev.length;
		loop: while (--i >= 0) switch (prev[i].type) {
			case "doc-start":
			case "explicit-key-ind":
			case "map-value-ind":
			case "seq-item-ind":
			case "newline": break loop;
		}
		while (prev[++i]?.type === "space");
		return prev.splice(i, prev.length);
	}
	function arrayPushArray(target, source) {
		if (source.length < 1e5) Array.prototype.push.apply(target, source);
		else for (let i = 0; i < source.length; ++i) target.push(source[i]);
	}
	function fixFlowSeqItems(fc) {
		if (fc.start.type === "flow-seq-start") {
			for (const it of fc.items) if (it.sep && !it.value && !includesToken(it.start, "explicit-key-ind") && !includesToken(it.sep, "map-value-ind")) {
				if (it.key) it.value = it.key;
				delete it.key;
				if (isFlowToken(it.value)) {
					if (it.value.end) arrayPushArray(it.value.end, it.sep);
					else it.value.end = it.sep;
				} else arrayPushArray(it.start, it.sep);
				delete it.sep;
			}
		}
	}
	/**
	* A YAML concrete syntax tree (CST) parser
	*
	* ```ts
	* const src: string = ...
	* for (const token of new Parser().parse(src)) {
	*   // token: Token
	* }
	* ```
	*
	* To use the parser with a user-provided lexer:
	*
	* ```ts
	* function* parse(source: string, lexer: Lexer) {
	*   const parser = new Parser()
	*   for (const lexeme of lexer.lex(source))
	*     yield* parser.next(lexeme)
	*   yield* parser.end()
	* }
	*
	* const src: string = ...
	* const lexer = new Lexer()
	* for (const token of parse(src, lexer)) {
	*   // token: Token
	* }
	* ```
	*/
	var Parser = class {
		/**
		* @param onNewLine - If defined, called separately with the start position of
		*   each new line (in `parse()`, including the start of input).
		*/
		constructor(onNewLine) {
			/** If true, space and sequence indicators count as indentation */
			this.atNewLine = true;
			/** If true, next token is a scalar value */
			this.atScalar = false;
			/** Current indentation level */
			this.indent = 0;
			/** Current offset since the start of parsing */
			this.offset = 0;
			/** On the same line with a block map key */
			this.onKeyLine = false;
			/** Top indicates the node that's currently being built */
			this.stack = [];
			/** The source of the current token, set in parse() */
			this.source = "";
			/** The type of the current token, set in parse() */
			this.type = "";
			this.lexer = new lexer.Lexer();
			this.onNewLine = onNewLine;
		}
		/**
		* Parse `source` as a YAML stream.
		* If `incomplete`, a part of the last line may be left as a buffer for the next call.
		*
		* Errors are not thrown, but yielded as `{ type: 'error', message }` tokens.
		*
		* @returns A generator of tokens representing each directive, document, and other structure.
		*/
		*parse(source, incomplete = false) {
			if (this.onNewLine && this.offset === 0) this.onNewLine(0);
			for (const lexeme of this.lexer.lex(source, incomplete)) yield* this.next(lexeme);
			if (!incomplete) yield* this.end();
		}
		/**
		* Advance the parser by the `source` of one lexical token.
		*/
		*next(source) {
			this.source = source;
			if (node_process.env.LOG_TOKENS) console.log("|", cst.prettyToken(source));
			if (this.atScalar) {
				this.atScalar = false;
				yield* this.step();
				this.offset += source.length;
				return;
			}
			const type = cst.tokenType(source);
			if (!type) {
				const message = `Not a YAML token: ${source}`;
				yield* this.pop({
					type: "error",
					offset: this.offset,
					message,
					source
				});
				this.offset += source.length;
			} else if (type === "scalar") {
				this.atNewLine = false;
				this.atScalar = true;
				this.type = "scalar";
			} else {
				this.type = type;
				yield* this.step();
				switch (type) {
					case "newline":
						this.atNewLine = true;
						this.indent = 0;
						if (this.onNewLine) this.onNewLine(this.offset + source.length);
						break;
					case "space":
						if (this.atNewLine && source[0] === " ") this.indent += source.length;
						break;
					case "explicit-key-ind":
					case "map-value-ind":
					case "seq-item-ind":
						if (this.atNewLine) this.indent += source.length;
						break;
					case "doc-mode":
					case "flow-error-end": return;
					default: this.atNewLine = false;
				}
				this.offset += source.length;
			}
		}
		/** Call at end of input to push out any remaining constructions */
		*end() {
			while (this.stack.length > 0) yield* this.pop();
		}
		get sourceToken() {
			return {
				type: this.type,
				offset: this.offset,
				indent: this.indent,
				source: this.source
			};
		}
		*step() {
			const top = this.peek(1);
			if (this.type === "doc-end" && top?.type !== "doc-end") {
				while (this.stack.length > 0) yield* this.pop();
				this.stack.push({
					type: "doc-end",
					offset: this.offset,
					source: this.source
				});
				return;
			}
			if (!top) return yield* this.stream();
			switch (top.type) {
				case "document": return yield* this.document(top);
				case "alias":
				case "scalar":
				case "single-quoted-scalar":
				case "double-quoted-scalar": return yield* this.scalar(top);
				case "block-scalar": return yield* this.blockScalar(top);
				case "block-map": return yield* this.blockMap(top);
				case "block-seq": return yield* this.blockSequence(top);
				case "flow-collection": return yield* this.flowCollection(top);
				case "doc-end": return yield* this.documentEnd(top);
			}
			/* istanbul ignore next should not happen */
			yield* this.pop();
		}
		peek(n) {
			return this.stack[this.stack.length - n];
		}
		*pop(error) {
			const token = error ?? this.stack.pop();
			/* istanbul ignore if should not happen */
			if (!token) yield {
				type: "error",
				offset: this.offset,
				source: "",
				message: "Tried to pop an empty stack"
			};
			else if (this.stack.length === 0) yield token;
			else {
				const top = this.peek(1);
				if (token.type === "block-scalar") token.indent = "indent" in top ? top.indent : 0;
				else if (token.type === "flow-collection" && top.type === "document") token.indent = 0;
				if (token.type === "flow-collection") fixFlowSeqItems(token);
				switch (top.type) {
					case "document":
						top.value = token;
						break;
					case "block-scalar":
						top.props.push(token);
						break;
					case "block-map": {
						const it = top.items[top.items.length - 1];
						if (it.value) {
							top.items.push({
								start: [],
								key: token,
								sep: []
							});
							this.onKeyLine = true;
							return;
						} else if (it.sep) it.value = token;
						else {
							Object.assign(it, {
								key: token,
								sep: []
							});
							this.onKeyLine = !it.explicitKey;
							return;
						}
						break;
					}
					case "block-seq": {
						const it = top.items[top.items.length - 1];
						if (it.value) top.items.push({
							start: [],
							value: token
						});
						else it.value = token;
						break;
					}
					case "flow-collection": {
						const it = top.items[top.items.length - 1];
						if (!it || it.value) top.items.push({
							start: [],
							key: token,
							sep: []
						});
						else if (it.sep) it.value = token;
						else Object.assign(it, {
							key: token,
							sep: []
						});
						return;
					}
					/* istanbul ignore next should not happen */
					default:
						yield* this.pop();
						yield* this.pop(token);
				}
				if ((top.type === "document" || top.type === "block-map" || top.type === "block-seq") && (token.type === "block-map" || token.type === "block-seq")) {
					const last = token.items[token.items.length - 1];
					if (last && !last.sep && !last.value && last.start.length > 0 && findNonEmptyIndex(last.start) === -1 && (token.indent === 0 || last.start.every((st) => st.type !== "comment" || st.indent < token.indent))) {
						if (top.type === "document") top.end = last.start;
						else top.items.push({ start: last.start });
						token.items.splice(-1, 1);
					}
				}
			}
		}
		*stream() {
			switch (this.type) {
				case "directive-line":
					yield {
						type: "directive",
						offset: this.offset,
						source: this.source
					};
					return;
				case "byte-order-mark":
				case "space":
				case "comment":
				case "newline":
					yield this.sourceToken;
					return;
				case "doc-mode":
				case "doc-start": {
					const doc = {
						type: "document",
						offset: this.offset,
						start: []
					};
					if (this.type === "doc-start") doc.start.push(this.sourceToken);
					this.stack.push(doc);
					return;
				}
			}
			yield {
				type: "error",
				offset: this.offset,
				message: `Unexpected ${this.type} token in YAML stream`,
				source: this.source
			};
		}
		*document(doc) {
			if (doc.value) return yield* this.lineEnd(doc);
			switch (this.type) {
				case "doc-start":
					if (findNonEmptyIndex(doc.start) !== -1) {
						yield* this.pop();
						yield* this.step();
					} else doc.start.push(this.sourceToken);
					return;
				case "anchor":
				case "tag":
				case "space":
				case "comment":
				case "newline":
					doc.start.push(this.sourceToken);
					return;
			}
			const bv = this.startBlockValue(doc);
			if (bv) this.stack.push(bv);
			else yield {
				type: "error",
				offset: this.offset,
				message: `Unexpected ${this.type} token in YAML document`,
				source: this.source
			};
		}
		*scalar(scalar) {
			if (this.type === "map-value-ind") {
				const start = getFirstKeyStartProps(getPrevProps(this.peek(2)));
				let sep;
				if (scalar.end) {
					sep = scalar.end;
					sep.push(this.sourceToken);
					delete scalar.end;
				} else sep = [this.sourceToken];
				const map = {
					type: "block-map",
					offset: scalar.offset,
					indent: scalar.indent,
					items: [{
						start,
						key: scalar,
						sep
					}]
				};
				this.onKeyLine = true;
				this.stack[this.stack.length - 1] = map;
			} else yield* this.lineEnd(scalar);
		}
		*blockScalar(scalar) {
			switch (this.type) {
				case "space":
				case "comment":
				case "newline":
					scalar.props.push(this.sourceToken);
					return;
				case "scalar":
					scalar.source = this.source;
					this.atNewLine = true;
					this.indent = 0;
					if (this.onNewLine) {
						let nl = this.source.indexOf("\n") + 1;
						while (nl !== 0) {
							this.onNewLine(this.offset + nl);
							nl = this.source.indexOf("\n", nl) + 1;
						}
					}
					yield* this.pop();
					break;
				/* istanbul ignore next should not happen */
				default:
					yield* this.pop();
					yield* this.step();
			}
		}
		*blockMap(map) {
			const it = map.items[map.items.length - 1];
			switch (this.type) {
				case "newline":
					this.onKeyLine = false;
					if (it.value) {
						const end = "end" in it.value ? it.value.end : void 0;
						if ((Array.isArray(end) ? end[end.length - 1] : void 0)?.type === "comment") end?.push(this.sourceToken);
						else map.items.push({ start: [this.sourceToken] });
					} else if (it.sep) it.sep.push(this.sourceToken);
					else it.start.push(this.sourceToken);
					return;
				case "space":
				case "comment":
					if (it.value) map.items.push({ start: [this.sourceToken] });
					else if (it.sep) it.sep.push(this.sourceToken);
					else {
						if (this.atIndentedComment(it.start, map.indent)) {
							const end = map.items[map.items.length - 2]?.value?.end;
							if (Array.isArray(end)) {
								arrayPushArray(end, it.start);
								end.push(this.sourceToken);
								map.items.pop();
								return;
							}
						}
						it.start.push(this.sourceToken);
					}
					return;
			}
			if (this.indent >= map.indent) {
				const atMapIndent = !this.onKeyLine && this.indent === map.indent;
				const atNextItem = atMapIndent && (it.sep || it.explicitKey) && this.type !== "seq-item-ind";
				let start = [];
				if (atNextItem && it.sep && !it.value) {
					const nl = [];
					for (let i = 0; i < it.sep.length; ++i) {
						const st = it.sep[i];
						switch (st.type) {
							case "newline":
								nl.push(i);
								break;
							case "space": break;
							case "comment":
								if (st.indent > map.indent) nl.length = 0;
								break;
							default: nl.length = 0;
						}
					}
					if (nl.length >= 2) start = it.sep.splice(nl[1]);
				}
				switch (this.type) {
					case "anchor":
					case "tag":
						if (atNextItem || it.value) {
							start.push(this.sourceToken);
							map.items.push({ start });
							this.onKeyLine = true;
						} else if (it.sep) it.sep.push(this.sourceToken);
						else it.start.push(this.sourceToken);
						return;
					case "explicit-key-ind":
						if (!it.sep && !it.explicitKey) {
							it.start.push(this.sourceToken);
							it.explicitKey = true;
						} else if (atNextItem || it.value) {
							start.push(this.sourceToken);
							map.items.push({
								start,
								explicitKey: true
							});
						} else this.stack.push({
							type: "block-map",
							offset: this.offset,
							indent: this.indent,
							items: [{
								start: [this.sourceToken],
								explicitKey: true
							}]
						});
						this.onKeyLine = true;
						return;
					case "map-value-ind":
						if (it.explicitKey) {
							if (!it.sep) {
								if (includesToken(it.start, "newline")) Object.assign(it, {
									key: null,
									sep: [this.sourceToken]
								});
								else {
									const start = getFirstKeyStartProps(it.start);
									this.stack.push({
										type: "block-map",
										offset: this.offset,
										indent: this.indent,
										items: [{
											start,
											key: null,
											sep: [this.sourceToken]
										}]
									});
								}
							} else if (it.value) map.items.push({
								start: [],
								key: null,
								sep: [this.sourceToken]
							});
							else if (includesToken(it.sep, "map-value-ind")) this.stack.push({
								type: "block-map",
								offset: this.offset,
								indent: this.indent,
								items: [{
									start,
									key: null,
									sep: [this.sourceToken]
								}]
							});
							else if (isFlowToken(it.key) && !includesToken(it.sep, "newline")) {
								const start = getFirstKeyStartProps(it.start);
								const key = it.key;
								const sep = it.sep;
								sep.push(this.sourceToken);
								delete it.key;
								delete it.sep;
								this.stack.push({
									type: "block-map",
									offset: this.offset,
									indent: this.indent,
									items: [{
										start,
										key,
										sep
									}]
								});
							} else if (start.length > 0) it.sep = it.sep.concat(start, this.sourceToken);
							else it.sep.push(this.sourceToken);
						} else if (!it.sep) Object.assign(it, {
							key: null,
							sep: [this.sourceToken]
						});
						else if (it.value || atNextItem) map.items.push({
							start,
							key: null,
							sep: [this.sourceToken]
						});
						else if (includesToken(it.sep, "map-value-ind")) this.stack.push({
							type: "block-map",
							offset: this.offset,
							indent: this.indent,
							items: [{
								start: [],
								key: null,
								sep: [this.sourceToken]
							}]
						});
						else it.sep.push(this.sourceToken);
						this.onKeyLine = true;
						return;
					case "alias":
					case "scalar":
					case "single-quoted-scalar":
					case "double-quoted-scalar": {
						const fs = this.flowScalar(this.type);
						if (atNextItem || it.value) {
							map.items.push({
								start,
								key: fs,
								sep: []
							});
							this.onKeyLine = true;
						} else if (it.sep) this.stack.push(fs);
						else {
							Object.assign(it, {
								key: fs,
								sep: []
							});
							this.onKeyLine = true;
						}
						return;
					}
					default: {
						const bv = this.startBlockValue(map);
						if (bv) {
							if (bv.type === "block-seq") {
								if (!it.explicitKey && it.sep && !includesToken(it.sep, "newline")) {
									yield* this.pop({
										type: "error",
										offset: this.offset,
										message: "Unexpected block-seq-ind on same line with key",
										source: this.source
									});
									return;
								}
							} else if (atMapIndent) map.items.push({ start });
							this.stack.push(bv);
							return;
						}
					}
				}
			}
			yield* this.pop();
			yield* this.step();
		}
		*blockSequence(seq) {
			const it = seq.items[seq.items.length - 1];
			switch (this.type) {
				case "newline":
					if (it.value) {
						const end = "end" in it.value ? it.value.end : void 0;
						if ((Array.isArray(end) ? end[end.length - 1] : void 0)?.type === "comment") end?.push(this.sourceToken);
						else seq.items.push({ start: [this.sourceToken] });
					} else it.start.push(this.sourceToken);
					return;
				case "space":
				case "comment":
					if (it.value) seq.items.push({ start: [this.sourceToken] });
					else {
						if (this.atIndentedComment(it.start, seq.indent)) {
							const end = seq.items[seq.items.length - 2]?.value?.end;
							if (Array.isArray(end)) {
								arrayPushArray(end, it.start);
								end.push(this.sourceToken);
								seq.items.pop();
								return;
							}
						}
						it.start.push(this.sourceToken);
					}
					return;
				case "anchor":
				case "tag":
					if (it.value || this.indent <= seq.indent) break;
					it.start.push(this.sourceToken);
					return;
				case "seq-item-ind":
					if (this.indent !== seq.indent) break;
					if (it.value || includesToken(it.start, "seq-item-ind")) seq.items.push({ start: [this.sourceToken] });
					else it.start.push(this.sourceToken);
					return;
			}
			if (this.indent > seq.indent) {
				const bv = this.startBlockValue(seq);
				if (bv) {
					this.stack.push(bv);
					return;
				}
			}
			yield* this.pop();
			yield* this.step();
		}
		*flowCollection(fc) {
			const it = fc.items[fc.items.length - 1];
			if (this.type === "flow-error-end") {
				let top;
				do {
					yield* this.pop();
					top = this.peek(1);
				} while (top?.type === "flow-collection");
			} else if (fc.end.length === 0) {
				switch (this.type) {
					case "comma":
					case "explicit-key-ind":
						if (!it || it.sep) fc.items.push({ start: [this.sourceToken] });
						else it.start.push(this.sourceToken);
						return;
					case "map-value-ind":
						if (!it || it.value) fc.items.push({
							start: [],
							key: null,
							sep: [this.sourceToken]
						});
						else if (it.sep) it.sep.push(this.sourceToken);
						else Object.assign(it, {
							key: null,
							sep: [this.sourceToken]
						});
						return;
					case "space":
					case "comment":
					case "newline":
					case "anchor":
					case "tag":
						if (!it || it.value) fc.items.push({ start: [this.sourceToken] });
						else if (it.sep) it.sep.push(this.sourceToken);
						else it.start.push(this.sourceToken);
						return;
					case "alias":
					case "scalar":
					case "single-quoted-scalar":
					case "double-quoted-scalar": {
						const fs = this.flowScalar(this.type);
						if (!it || it.value) fc.items.push({
							start: [],
							key: fs,
							sep: []
						});
						else if (it.sep) this.stack.push(fs);
						else Object.assign(it, {
							key: fs,
							sep: []
						});
						return;
					}
					case "flow-map-end":
					case "flow-seq-end":
						fc.end.push(this.sourceToken);
						return;
				}
				const bv = this.startBlockValue(fc);
				/* istanbul ignore else should not happen */
				if (bv) this.stack.push(bv);
				else {
					yield* this.pop();
					yield* this.step();
				}
			} else {
				const parent = this.peek(2);
				if (parent.type === "block-map" && (this.type === "map-value-ind" && parent.indent === fc.indent || this.type === "newline" && !parent.items[parent.items.length - 1].sep)) {
					yield* this.pop();
					yield* this.step();
				} else if (this.type === "map-value-ind" && parent.type !== "flow-collection") {
					const start = getFirstKeyStartProps(getPrevProps(parent));
					fixFlowSeqItems(fc);
					const sep = fc.end.splice(1, fc.end.length);
					sep.push(this.sourceToken);
					const map = {
						type: "block-map",
						offset: fc.offset,
						indent: fc.indent,
						items: [{
							start,
							key: fc,
							sep
						}]
					};
					this.onKeyLine = true;
					this.stack[this.stack.length - 1] = map;
				} else yield* this.lineEnd(fc);
			}
		}
		flowScalar(type) {
			if (this.onNewLine) {
				let nl = this.source.indexOf("\n") + 1;
				while (nl !== 0) {
					this.onNewLine(this.offset + nl);
					nl = this.source.indexOf("\n", nl) + 1;
				}
			}
			return {
				type,
				offset: this.offset,
				indent: this.indent,
				source: this.source
			};
		}
		startBlockValue(parent) {
			switch (this.type) {
				case "alias":
				case "scalar":
				case "single-quoted-scalar":
				case "double-quoted-scalar": return this.flowScalar(this.type);
				case "block-scalar-header": return {
					type: "block-scalar",
					offset: this.offset,
					indent: this.indent,
					props: [this.sourceToken],
					source: ""
				};
				case "flow-map-start":
				case "flow-seq-start": return {
					type: "flow-collection",
					offset: this.offset,
					indent: this.indent,
					start: this.sourceToken,
					items: [],
					end: []
				};
				case "seq-item-ind": return {
					type: "block-seq",
					offset: this.offset,
					indent: this.indent,
					items: [{ start: [this.sourceToken] }]
				};
				case "explicit-key-ind": {
					this.onKeyLine = true;
					const start = getFirstKeyStartProps(getPrevProps(parent));
					start.push(this.sourceToken);
					return {
						type: "block-map",
						offset: this.offset,
						indent: this.indent,
						items: [{
							start,
							explicitKey: true
						}]
					};
				}
				case "map-value-ind": {
					this.onKeyLine = true;
					const start = getFirstKeyStartProps(getPrevProps(parent));
					return {
						type: "block-map",
						offset: this.offset,
						indent: this.indent,
						items: [{
							start,
							key: null,
							sep: [this.sourceToken]
						}]
					};
				}
			}
			return null;
		}
		atIndentedComment(start, indent) {
			if (this.type !== "comment") return false;
			if (this.indent <= indent) return false;
			return start.every((st) => st.type === "newline" || st.type === "space");
		}
		*documentEnd(docEnd) {
			if (this.type !== "doc-mode") {
				if (docEnd.end) docEnd.end.push(this.sourceToken);
				else docEnd.end = [this.sourceToken];
				if (this.type === "newline") yield* this.pop();
			}
		}
		*lineEnd(token) {
			switch (this.type) {
				case "comma":
				case "doc-start":
				case "doc-end":
				case "flow-seq-end":
				case "flow-map-end":
				case "map-value-ind":
					yield* this.pop();
					yield* this.step();
					break;
				case "newline": this.onKeyLine = false;
				default:
					if (token.end) token.end.push(this.sourceToken);
					else token.end = [this.sourceToken];
					if (this.type === "newline") yield* this.pop();
			}
		}
	};
	exports.Parser = Parser;
}));
// node_modules/yaml/dist/public-api.js
var require_public_api = /* @__PURE__ */ __commonJSMin(((exports) => {
	var composer = require_composer();
	var Document = require_Document();
	var errors = require_errors();
	var log = require_log();
	var identity = require_identity();
	var lineCounter = require_line_counter();
	var parser = require_parser();
	function parseOptions(options) {
		const prettyErrors = options.prettyErrors !== false;
		return {
			lineCounter: options.lineCounter || prettyErrors && new lineCounter.LineCounter() || null,
			prettyErrors
		};
	}
	/**
	* Parse the input as a stream of YAML documents.
	*
	* Documents should be separated from each other by `...` or `---` marker lines.
	*
	* @returns If an empty `docs` array is returned, it will be of type
	*   EmptyStream and contain additional stream information. In
	*   TypeScript, you should use `'empty' in docs` as a type guard for it.
	*/
	function parseAllDocuments(source, options = {}) {
		const { lineCounter, prettyErrors } = parseOptions(options);
		const parser$1 = new parser.Parser(lineCounter?.addNewLine);
		const composer$1 = new composer.Composer(options);
		const docs = Array.from(composer$1.compose(parser$1.parse(source)));
		if (prettyErrors && lineCounter) for (const doc of docs) {
			doc.errors.forEach(errors.prettifyError(source, lineCounter));
			doc.warnings.forEach(errors.prettifyError(source, lineCounter));
		}
		if (docs.length > 0) return docs;
		return Object.assign([], { empty: true }, composer$1.streamInfo());
	}
	/** Parse an input string into a single YAML.Document */
	function parseDocument(source, options = {}) {
		const { lineCounter, prettyErrors } = parseOptions(options);
		const parser$1 = new parser.Parser(lineCounter?.addNewLine);
		const composer$1 = new composer.Composer(options);
		let doc = null;
		for (const _doc of composer$1.compose(parser$1.parse(source), true, source.length)) if (!doc) doc = _doc;
		else if (doc.options.logLevel !== "silent") {
			doc.errors.push(new errors.YAMLParseError(_doc.range.slice(0, 2), "MULTIPLE_DOCS", "Source contains multiple documents; please use YAML.parseAllDocuments()"));
			break;
		}
		if (prettyErrors && lineCounter) {
			doc.errors.forEach(errors.prettifyError(source, lineCounter));
			doc.warnings.forEach(errors.prettifyError(source, lineCounter));
		}
		return doc;
	}
	function parse(src, reviver, options) {
		let _reviver = void 0;
		if (typeof reviver === "function") _reviver = reviver;
		else if (options === void 0 && reviver && typeof reviver === "object") options = reviver;
		const doc = parseDocument(src, options);
		if (!doc) return null;
		doc.warnings.forEach((warning) => log.warn(doc.options.logLevel, warning));
		if (doc.errors.length > 0) {
			if (doc.options.logLevel !== "silent") throw doc.errors[0];
			else doc.errors = [];
		}
		return doc.toJS(Object.assign({ reviver: _reviver }, options));
	}
	function stringify(value, replacer, options) {
		let _replacer = null;
		if (typeof replacer === "function" || Array.isArray(replacer)) _replacer = replacer;
		else if (options === void 0 && replacer) options = replacer;
		if (typeof options === "string") options = options.length;
		if (typeof options === "number") {
			const indent = Math.round(options);
			options = indent < 1 ? void 0 : indent > 8 ? { indent: 8 } : { indent };
		}
		if (value === void 0) {
			const { keepUndefined } = options ?? replacer ?? {};
			if (!keepUndefined) return void 0;
		}
		if (identity.isDocument(value) && !_replacer) return value.toString(options);
		return new Document.Document(value, _replacer, options).toString(options);
	}
	exports.parse = parse;
	exports.parseAllDocuments = parseAllDocuments;
	exports.parseDocument = parseDocument;
	exports.stringify = stringify;
}));
// src/oci/container/port.ts
var import_dist = (/* @__PURE__ */ __commonJSMin(((exports) => {
	var composer = require_composer();
	var Document = require_Document();
	var Schema = require_Schema();
	var errors = require_errors();
	var Alias = require_Alias();
	var identity = require_identity();
	var Pair = require_Pair();
	var Scalar = require_Scalar();
	var YAMLMap = require_YAMLMap();
	var YAMLSeq = require_YAMLSeq();
	require_cst();
	var lexer = require_lexer();
	var lineCounter = require_line_counter();
	var parser = require_parser();
	var publicApi = require_public_api();
	var visit = require_visit();
	exports.Composer = composer.Composer;
	exports.Document = Document.Document;
	exports.Schema = Schema.Schema;
	exports.YAMLError = errors.YAMLError;
	exports.YAMLParseError = errors.YAMLParseError;
	exports.YAMLWarning = errors.YAMLWarning;
	exports.Alias = Alias.Alias;
	exports.isAlias = identity.isAlias;
	exports.isCollection = identity.isCollection;
	exports.isDocument = identity.isDocument;
	exports.isMap = identity.isMap;
	exports.isNode = identity.isNode;
	exports.isPair = identity.isPair;
	exports.isScalar = identity.isScalar;
	exports.isSeq = identity.isSeq;
	exports.Pair = Pair.Pair;
	exports.Scalar = Scalar.Scalar;
	exports.YAMLMap = YAMLMap.YAMLMap;
	exports.YAMLSeq = YAMLSeq.YAMLSeq;
	exports.Lexer = lexer.Lexer;
	exports.LineCounter = lineCounter.LineCounter;
	exports.Parser = parser.Parser;
	exports.parse = publicApi.parse;
	exports.parseAllDocuments = publicApi.parseAllDocuments;
	exports.parseDocument = publicApi.parseDocument;
	exports.stringify = publicApi.stringify;
	exports.visit = visit.visit;
	exports.visitAsync = visit.visitAsync;
})))();
const PORT$1 = /^([0-9]{1,5})(?:\/(tcp|udp|sctp))?$/;
/** Why a text names no port, as a part of a sentence; undefined when it does. */
function portProblem(text) {
	const number = Number(PORT$1.exec(text)?.[1] ?? NaN);
	if (number >= 1 && number <= 65535) return void 0;
	return `${JSON.stringify(text)} is not a port: write 1 to 65535, with /tcp or /udp after it where it matters`;
}
/** The port with its protocol, as docker writes its key of ExposedPorts; image-spec config.md: tcp where none is written. */
function portKey(text) {
	const [, number = text, protocol = "tcp"] = PORT$1.exec(text) ?? [];
	return `${Number(number) || number}/${protocol}`;
}
// src/oci/container/containerconfig.ts
/** Those of Linux by name (signal(7)), which engines know. */
const SIGNALS = new Set(`HUP INT QUIT ILL TRAP ABRT IOT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CLD CONT STOP TSTP TTIN TTOU URG
  XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS RTMIN RTMAX`.split(/\s+/));
/** KIWI's words, in `<containerconfig>`, for keys of the input that docker and podman call otherwise. */
const KIWI_WORDS = /* @__PURE__ */ new Map([
	["author", "maintainer"],
	["workdir", "workingdir"],
	["cmd", "subcommand"],
	["env", "environment"]
]);
/** Why changes cannot be made; for changes of any source. */
function configProblems(changes) {
	const { env, labels, user, workdir, expose, volumes, stopsignal } = changes;
	const of = (key, text) => text === void 0 ? [] : [{
		key,
		text
	}];
	return [
		...Object.entries(env ?? {}).flatMap(([name, value]) => of("env", envProblem(name, value))),
		...of("labels", "" in (labels ?? {}) ? "a name is empty" : void 0),
		...of("user", user ? userProblem(user) : void 0),
		...of("workdir", workdir ? pathProblem(workdir) : void 0),
		...(expose ?? []).flatMap((port) => of("expose", portProblem(port))),
		...(volumes ?? []).flatMap((path) => of("volumes", volumeProblem(path))),
		...of("stopsignal", stopsignal ? signalProblem(stopsignal) : void 0)
	];
}
function userProblem(user) {
	return /[\s\0]|:.*:/.test(user) ? `${JSON.stringify(user)} is not a user: write USER, UID or USER:GROUP` : void 0;
}
function envProblem(name, value) {
	if (name === "" || /[=\0]/.test(name)) return `${JSON.stringify(name)} cannot be the name of a variable`;
	return value?.includes("\0") ? `the value of ${name} holds a NUL character` : void 0;
}
function volumeProblem(path) {
	return /^\/+$/.test(path) ? "the root of the image is no volume: name a folder in it" : pathProblem(path);
}
function pathProblem(path) {
	return path.startsWith("/") && !path.includes("\0") ? void 0 : `${JSON.stringify(path)} is not an absolute path: start it with /`;
}
/** image-spec config.md, StopSignal: a name such as SIGKILL or SIGRTMIN+3, or a number. */
function signalProblem(text) {
	const [, name] = /^SIG(RTMIN\+[0-9]{1,2}|RTMAX-[0-9]{1,2}|[A-Z0-9]+)$/.exec(text) ?? [];
	if (name !== void 0 && (/^RT(MIN|MAX)/.test(name) || SIGNALS.has(name))) return void 0;
	if (/^[0-9]{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64) return void 0;
	return `${JSON.stringify(text)} is not a signal: write SIGTERM, SIGRTMIN+3 or a number`;
}
// src/oci/container/containername.ts
/** `REPOSITORY:TAG` */
function containerNameText({ repository, tag }) {
	return `${repository}:${tag}`;
}
/**
* Why names cannot be those of a container image anywhere. Upper case is left to where a name goes: a layout takes it,
* and so does KIWI with `oci:FMT`; docker and registries do not.
*/
function namingProblems({ name, tag, additionalNames }) {
	const of = (key, text) => text === void 0 ? [] : [{
		key,
		text
	}];
	return [
		...of("name", name == null ? void 0 : repositoryProblem(name)),
		...of("tag", tag == null ? void 0 : tagProblem(tag)),
		...(additionalNames ?? []).flatMap((text) => of("additionalnames", additionalProblem(text.trim())))
	];
}
function additionalProblem(text) {
	const { repository, tag } = completed(text, {
		repository: "",
		tag: ""
	});
	if (repository === "" && tag === "") return `${JSON.stringify(text)} names nothing: write REPOSITORY:TAG, REPOSITORY or :TAG`;
	return (repository === "" ? void 0 : repositoryProblem(repository)) ?? (tag === "" ? void 0 : tagProblem(tag));
}
function repositoryProblem(repository) {
	if (/@|:[^/]*$/.test(repository)) return `${JSON.stringify(repository)} is more than a name: write the tag as tag`;
	const parsed = parseReference(repository.toLowerCase());
	return typeof parsed === "string" ? `${JSON.stringify(repository)} is no name of a container: ${parsed}` : void 0;
}
function tagProblem(tag) {
	return isRefName(tag) && !/[:@/]/.test(tag) ? void 0 : `${JSON.stringify(tag)} is not a tag: use A-Z, a-z, 0-9 and . _ - between them`;
}
function completed(text, main) {
	const colon = text.lastIndexOf(":");
	const at = colon < text.lastIndexOf("/") ? -1 : colon;
	const repository = at === -1 ? text : text.slice(0, at);
	const tag = at === -1 ? "" : text.slice(at + 1);
	return {
		repository: repository || main.repository,
		tag: tag || main.tag
	};
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
/** The known word with the fewest slips from a wrong one, where any is near. */
function nearestWord(wrong, known) {
	const lower = wrong.toLowerCase();
	return similarWords(wrong, known).map((word) => ({
		word,
		distance: editDistance(lower, word)
	})).sort((one, other) => one.distance - other.distance)[0]?.word;
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
// src/inputs/containerconfig.ts
/** What a container is called, in KIWI's words. */
const NAMING = /* @__PURE__ */ new Map([
	["name", scalar],
	["tag", scalar],
	["additionalnames", namesList]
]);
const CHANGES = {
	author: scalar,
	user: scalar,
	workdir: scalar,
	entrypoint: (value) => texts(value, "[\"sh\", \"-c\"]"),
	cmd: (value) => texts(value, "[\"sleep\", \"10\"]"),
	expose: ports,
	volumes: (value) => texts(value, "[\"/data\"]"),
	stopsignal: scalar,
	env: mapping,
	labels: mapping,
	history
};
const READERS = new Map([...NAMING, ...Object.entries(CHANGES)]);
const KEYS = [...READERS.keys()];
const KEY_OF_KIWI_WORD = new Map([...KIWI_WORDS].map(([key, word]) => [word, key]));
/** @param text YAML; an empty one changes nothing */
function readContainerconfig(text) {
	try {
		const document = (0, import_dist.parseDocument)(text, {
			schema: "failsafe",
			customTags: ["null"]
		});
		const [error] = [...document.errors, ...document.warnings];
		if (error !== void 0) throw error;
		(0, import_dist.visit)(document, { Pair: (_, { key }) => {
			if (!(0, import_dist.isScalar)(key)) throw new Error("a key is no text: write NAME: VALUE");
		} });
		return parseContainerconfig(document.toJS());
	} catch (error) {
		const [reason = ""] = String(error instanceof Error ? error.message : error).split("\n");
		return {
			changes: {},
			naming: {},
			problems: [`no valid YAML: ${reason}`]
		};
	}
}
/** @param value of the parsed YAML; nothing at all changes nothing */
function parseContainerconfig(value) {
	if (value === void 0 || value === null) return {
		changes: {},
		naming: {},
		problems: []
	};
	if (!isJsonObject(value)) return {
		changes: {},
		naming: {},
		problems: [`write a mapping with the keys ${KEYS.join(", ")}`]
	};
	const taken = [];
	const problems = [];
	for (const [word, member] of Object.entries(value)) {
		const key = keyOf(word);
		const reading = key === void 0 ? { problem: unknownKey(word) } : readMember({
			word,
			key,
			member
		}, value);
		if ("problem" in reading) problems.push(reading.problem);
		else taken.push([key ?? word, reading.value]);
	}
	const changes = Object.fromEntries(taken.filter(([key]) => !NAMING.has(key)));
	const naming = namingOf(Object.fromEntries(taken.filter(([key]) => NAMING.has(key))));
	const wordOf = (key) => Object.keys(value).find((word) => keyOf(word) === key) ?? key;
	const found = [...namingProblems(naming), ...configProblems(changes)];
	return {
		changes,
		naming,
		problems: [...problems, ...found.map(({ key, text }) => `${wordOf(key)}: ${text}`)]
	};
}
function readMember(given, all) {
	const { word, key, member } = given;
	if (key !== word && Object.hasOwn(all, key)) return { problem: `${word}: is KIWI's word for ${key}, which is given too: write one of the two` };
	if (member === null) return { value: null };
	const reading = READERS.get(key)?.(member) ?? { problem: unknownKey(word) };
	return "problem" in reading ? { problem: `${word}: ${reading.problem}` } : reading;
}
function namingOf({ additionalnames, ...others }) {
	return {
		...others,
		...additionalnames === void 0 ? {} : { additionalNames: additionalnames }
	};
}
/** @returns our name of it, undefined where there is no such key */
function keyOf(word) {
	return READERS.has(word) ? word : KEY_OF_KIWI_WORD.get(word);
}
function unknownKey(word) {
	const [similar] = similarWords(word, [...KEYS, ...KEY_OF_KIWI_WORD.keys()]);
	return `unknown key ${JSON.stringify(word)}: ${similar === void 0 ? "" : `did you mean ${similar}? `}known are ${KEYS.join(", ")}`;
}
function texts(value, example) {
	if (!Array.isArray(value)) return { problem: `write a list: ${example}` };
	const other = value.find((item) => typeof item !== "string");
	if (other === void 0) return { value };
	return { problem: `a list of texts is needed: ${isScalar$1(other) ? `write "${other}" in quotes` : `such as ${example}`}` };
}
/** A list, or one text with commas, as KIWI's attribute is written. */
function namesList(value) {
	return texts(typeof value === "string" ? value.split(",").map((name) => name.trim()) : value, "[\"acme/other:1.0\", \":stable\"]");
}
function scalar(value) {
	return isScalar$1(value) ? { value: `${value}` } : { problem: "write one text" };
}
function mapping(value) {
	if (!isJsonObject(value)) return { problem: "write a mapping: NAME: VALUE" };
	const wrong = Object.entries(value).find(([, member]) => member !== null && !isScalar$1(member));
	if (wrong !== void 0) return { problem: `the value of ${JSON.stringify(wrong[0])} is no text` };
	return { value: mappedTexts(value) };
}
function history(value) {
	const known = [
		"created_by",
		"author",
		"comment"
	];
	if (!isJsonObject(value)) return { problem: `write a mapping with ${known.join(", ")}` };
	const read = mapping(value);
	if ("problem" in read) return read;
	const unknown = Object.keys(read.value).find((name) => !known.includes(name));
	if (unknown !== void 0) return { problem: `unknown key ${JSON.stringify(unknown)}: known are ${known.join(", ")}` };
	const { created_by: createdBy, ...others } = read.value;
	return { value: {
		...others,
		...createdBy === void 0 ? {} : { createdBy }
	} };
}
function mappedTexts(value) {
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, member === null ? null : `${member}`]));
}
/** As docker writes them, with the protocol. */
function ports(value) {
	const isNumber = (port) => typeof port === "number" || typeof port === "bigint";
	const read = texts(Array.isArray(value) ? value.map((port) => isNumber(port) ? `${port}` : port) : value, "[80, 53/udp]");
	if ("problem" in read) return read;
	return { value: read.value.map((port) => portProblem(port) === void 0 ? portKey(port) : port) };
}
function isScalar$1(value) {
	return [
		"string",
		"number",
		"bigint",
		"boolean"
	].includes(typeof value);
}
// src/oci/kind.ts
/**
* Who an image can be made for: any container runtime; KubeVirt and CDI (a containerDisk); `podman machine init` since
* podman 5; what takes a disk as a file (oras, podman artifact, composefs, KubeVirt's image volumes); podman 4.9.
*/
const KINDS$1 = [
	"container",
	"kubevirt",
	"podman-machine",
	"artifact",
	"podman-machine-4"
];
/**
* What runs podman's machine: QEMU on Linux, Apple's frameworks on macOS, Hyper-V on Windows. podman's own words, in the
* annotation `disktype`; pkg/machine/define/vmtype.go.
*/
const DISK_TYPES = [
	"qemu",
	"applehv",
	"hyperv"
];
/** podman looks for the kernel's names in the index, not for Go's: pkg/machine/ocipull/ociartifact.go. */
const MACHINE_ARCHITECTURES = /* @__PURE__ */ new Map([["amd64", "x86_64"], ["arm64", "aarch64"]]);
function isDiskType$1(text) {
	return DISK_TYPES.includes(text);
}
/** Whether what is made for it is an artifact, and no image with the config of a container. */
function isArtifactKind(kind) {
	return kind === "artifact" || kind === "podman-machine";
}
/** What podman machine calls the architecture; undefined where it runs none. */
function machineArchitecture({ os, architecture }) {
	return os === "linux" ? MACHINE_ARCHITECTURES.get(architecture) : void 0;
}
/** Whether an architecture in an index is one of podman machine's, which no container runtime calls so. */
function isMachineArchitecture(architecture) {
	return [...MACHINE_ARCHITECTURES.values()].some((name) => name === architecture);
}
// src/inputs/kinds.ts
/** Names of objects of Kubernetes: apimachinery pkg/util/validation, IsDNS1123Subdomain. */
const OBJECT_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
/** CDI makes labels of them; IsValidLabelValue in the same place. */
const LABEL_LIMIT = 63;
/** What is not known stands in the reader's problems, and a default here. */
function kindInputs(reader) {
	const kinds = chosen(reader, "kind", KINDS$1, "kind");
	return {
		kinds: kinds.length === 0 ? ["container"] : kinds,
		diskTypes: chosen(reader, "disktype", DISK_TYPES, "disk of podman machine"),
		...objectName(reader, "instancetype"),
		...objectName(reader, "preference")
	};
}
function chosen(reader, name, known, what) {
	const given = new Set(reader.list(name));
	for (const text of given) {
		if (known.some((word) => word === text)) continue;
		const nearest = nearestWord(text, known);
		const guess = nearest === void 0 ? "" : `did you mean ${nearest}? `;
		reader.refuse(name, `'${text}' is no ${what}: ${guess}write ${known.slice(0, -1).join(", ")} or ${known.at(-1)}`);
	}
	return known.filter((word) => given.has(word));
}
function objectName(reader, name) {
	const text = reader.text(name);
	if (text === void 0) return {};
	if (text.length > LABEL_LIMIT || !OBJECT_NAME.test(text)) reader.refuse(name, `'${text}' is no name in Kubernetes: write at most 63 small letters, digits, - and ., like u1.small`);
	return { [name]: text };
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
// src/inputs/reader.ts
const TRUE = [
	"true",
	"True",
	"TRUE"
];
const FALSE = [
	"false",
	"False",
	"FALSE"
];
/** Reads single inputs and collects what is wrong with them. */
var InputReader = class {
	raw;
	facts;
	problems = [];
	constructor(raw, facts) {
		this.raw = raw;
		this.facts = facts;
		for (const name of raw.keys()) if (inputNamed(name) === void 0) throw new Error(`undeclared input ${name}`);
	}
	refuse(name, text) {
		this.problems.push({
			where: `input ${name}`,
			text
		});
	}
	/** The value without surrounding blanks; an empty one counts as not given. */
	text(name) {
		const value = this.secret(name)?.trim();
		return value === "" ? void 0 : value;
	}
	/** The value as it was given: blanks may belong to a password. */
	secret(name) {
		const value = this.raw.get(name)?.at(-1);
		return value === "" ? void 0 : value;
	}
	optional(key, name) {
		const value = this.text(name);
		return value === void 0 ? {} : { [key]: value };
	}
	list(name) {
		return (this.raw.get(name) ?? []).map((line) => line.trim()).filter((line) => line !== "");
	}
	boolean(name, otherwise) {
		const text = this.text(name);
		if (text === void 0) return otherwise;
		if (!TRUE.includes(text) && !FALSE.includes(text)) this.refuse(name, `'${text}' is no boolean: write true or false`);
		return TRUE.includes(text);
	}
	/** `KEY=VALUE` lines; the value may hold `=` and may be empty. The last of a key wins, as in docker's actions. */
	pairs(name) {
		const entries = [];
		for (const line of this.list(name)) {
			const split = line.indexOf("=");
			if (split > 0) entries.push([line.slice(0, split).trim(), line.slice(split + 1)]);
			else this.refuse(name, `'${line}' is no KEY=VALUE: write the key, an equals sign and the value`);
		}
		return Object.fromEntries(entries);
	}
};
// src/inputs/inputs.ts
/** @returns the inputs and every problem found in them; where there are problems, the inputs stand in for bad values. */
function readInputs(raw, facts) {
	const reader = new InputReader(raw, facts);
	return {
		inputs: {
			...sourceInputs(reader),
			...imageInputs(reader),
			...jobInputs(reader)
		},
		problems: reader.problems
	};
}
function sourceInputs(reader) {
	const kiwiVersion = reader.text("kiwi-version") ?? "11.1.6";
	if (kiwiVersion !== "system" && !/^\d+\.\d+\.\d+$/.test(kiwiVersion)) reader.refuse("kiwi-version", `'${kiwiVersion}' is no version: write one like ${PINNED_VERSION}, or system`);
	const kiwiGlobalArguments = reader.list("kiwi-global-arguments");
	const kiwiArguments = reader.list("kiwi-arguments");
	for (const text of reservedArguments(kiwiGlobalArguments)) reader.refuse("kiwi-global-arguments", text);
	for (const text of reservedArguments(kiwiArguments)) reader.refuse("kiwi-arguments", text);
	return {
		...reader.optional("description", "description"),
		...reader.optional("disk", "disk"),
		...reader.optional("type", "type"),
		profiles: reader.list("profiles"),
		repositories: reader.list("repositories"),
		kiwiGlobalArguments,
		kiwiArguments,
		kiwiVersion
	};
}
function imageInputs(reader) {
	return {
		...kindInputs(reader),
		...optionalFormat(reader),
		...optionalDiskPath(reader),
		...reader.optional("baseImage", "base-image"),
		...containerconfig(reader),
		labels: reader.pairs("labels"),
		annotations: annotationList(reader),
		platform: platform(reader),
		compression: compression(reader)
	};
}
function jobInputs(reader) {
	return {
		tags: tagList(reader),
		push: reader.boolean("push", false),
		pushByDigest: reader.boolean("push-by-digest", false),
		...optionalRepository(reader),
		...optionalExports(reader),
		...optionalRegistry(reader),
		...optionalLogin(reader),
		...reader.optional("authfile", "authfile"),
		tlsVerify: reader.boolean("tls-verify", true),
		cache: reader.boolean("cache", true),
		fastBuild: reader.boolean("fast-build", true),
		installTools: reader.boolean("install-tools", reader.facts.installTools),
		...reader.optional("workDirectory", "work-dir"),
		...optionalEpoch(reader),
		summary: reader.boolean("summary", true)
	};
}
function optionalFormat(reader) {
	const format = reader.text("format");
	if (format === void 0) return {};
	if (isDiskFormat(format)) return { format };
	const own = /^(?:oci|docker):([^:]*)/.exec(format)?.[1];
	const known = `${DISK_FORMAT_NAMES.slice(0, -1).join(", ")} or ${DISK_FORMAT_NAMES.at(-1)}`;
	const advice = own !== void 0 && isDiskFormat(own) ? `write ${own}, and where it goes as export` : `write ${known}`;
	reader.refuse("format", `'${format}' is no disk format that we write: ${advice}`);
	return {};
}
function optionalDiskPath(reader) {
	const path = reader.text("disk-path");
	if (path === void 0) return {};
	if (!path.startsWith("/")) reader.refuse("disk-path", `'${path}' is not absolute: write /${path}`);
	else if (path.split("/").includes("..")) reader.refuse("disk-path", `'${path}' climbs out of its folder: write it without ..`);
	else {
		const problem = diskPathProblem(path);
		if (problem === void 0) return { diskPath: path };
		reader.refuse("disk-path", problem);
	}
	return {};
}
function containerconfig(reader) {
	const { changes, naming, problems } = readContainerconfig(reader.secret("containerconfig") ?? "");
	for (const problem of problems) reader.refuse("containerconfig", problem);
	return {
		containerconfig: changes,
		naming
	};
}
/** The input `annotations`, each with its levels. */
function annotationList(reader) {
	return reader.list("annotations").flatMap((text) => {
		const parsed = parseAnnotation(text);
		if (typeof parsed !== "string") return parsed;
		reader.refuse("annotations", parsed);
		return [];
	});
}
function platform(reader) {
	const text = reader.text("platform");
	if (text === void 0) return reader.facts.machine;
	const parsed = parsePlatform(text);
	if (parsed) return parsed;
	reader.refuse("platform", `'${text}' is no platform: write os/arch[/variant], like linux/amd64 or linux/arm64`);
	return reader.facts.machine;
}
function compression(reader) {
	const parsed = parseCompression(reader.text("compression") ?? "gzip");
	if (typeof parsed !== "string") return parsed;
	reader.refuse("compression", parsed);
	return { algorithm: "gzip" };
}
/** The input `tags`: full references, each once. */
function tagList(reader) {
	const texts = [];
	for (const text of reader.list("tags")) {
		const parsed = parseTag(text);
		if ("problem" in parsed) reader.refuse("tags", parsed.problem);
		else if (!texts.includes(parsed.text)) texts.push(parsed.text);
	}
	return texts;
}
function optionalRepository(reader) {
	const text = reader.text("repository");
	if (text === void 0) return {};
	const parsed = parseRepository(text);
	if (typeof parsed === "string") return { repository: parsed };
	reader.refuse("repository", parsed.problem);
	return {};
}
/** The word `none` turns the description's default off. */
function optionalExports(reader) {
	const exports = reader.list("export");
	if (exports.length === 0) return {};
	if (exports.every((text) => text === "none")) return { exports: [] };
	for (const text of exports) {
		const parsed = parseDestination(text);
		if (text === "none") reader.refuse("export", "none stands beside others: write none alone, or leave it out");
		else if ("problem" in parsed) reader.refuse("export", parsed.problem);
	}
	return { exports };
}
function optionalLogin(reader) {
	const username = reader.text("username");
	const password = reader.secret("password");
	if (username === void 0 && password === void 0) return {};
	if (username === void 0) reader.refuse("username", "missing while a password is given: a login needs both");
	if (password === void 0) reader.refuse("password", "missing while a username is given: a login needs both");
	return username === void 0 || password === void 0 ? {} : { login: {
		username,
		password
	} };
}
function optionalRegistry(reader) {
	const text = reader.text("registry");
	if (text === void 0) return {};
	const parsed = parseRegistry(text);
	if (typeof parsed === "string") return { registry: parsed };
	reader.refuse("registry", parsed.problem);
	return {};
}
function optionalEpoch(reader) {
	const given = reader.text("source-date-epoch");
	const text = given ?? reader.facts.sourceDateEpoch;
	if (text === void 0 || text === "") return {};
	if (/^\d{1,12}$/.test(text) && Number(text) <= 253402300799) return { sourceDateEpoch: Number(text) };
	const where = given === void 0 ? "the variable SOURCE_DATE_EPOCH is " : "";
	reader.refuse("source-date-epoch", `${where}'${text}': write whole seconds since 1970, like 1700000000`);
	return {};
}
// src/job/result.ts
const UNPUBLISHED = {
	tags: [],
	image: "",
	exports: []
};
/** The output `metadata`; the first three keys as buildx writes them (docker/buildx, `--metadata-file`). */
function metadataText(built, published) {
	const { path, format, virtualSizeBytes, sizeBytes } = built.disk;
	return JSON.stringify({
		"containerimage.digest": built.digest,
		"containerimage.descriptor": built.descriptor,
		"image.name": published.tags.join(",") || (published.image.split("@")[0] ?? ""),
		disk: {
			path,
			format,
			virtualSizeBytes,
			sizeBytes
		},
		images: built.children,
		base: built.base ?? null,
		kiwi: built.kiwi ?? null
	});
}
// src/plan/handover.ts
const isText$1 = (value) => typeof value === "string";
const isFlag$1 = (value) => typeof value === "boolean";
/** Of bytes, lines, things: whole and not below 0. */
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isAbsolutePath = (value) => typeof value === "string" && /^\/[^\0]*$/.test(value);
function isOneOf(words) {
	return (value) => typeof value === "string" && words.includes(value);
}
/** A text that a parser takes. */
function isTextThat(fits) {
	return (value) => typeof value === "string" && fits(value);
}
function isListOf(item) {
	return (value) => Array.isArray(value) && value.every(item);
}
function isRecordOf(member) {
	return (value) => isJsonObject(value) && Object.values(value).every(member);
}
function isAnyOf(...shapes) {
	return (value) => shapes.some((fits) => fits(value));
}
const isNull = (value) => value === null;
function optionally(shape) {
	return { optional: shape };
}
/** An object with these members and no other. */
function isMade(members) {
	const shapes = new Map(Object.entries(members));
	return (value) => {
		if (!isJsonObject(value) || !Object.keys(value).every((name) => shapes.has(name))) return false;
		return [...shapes].every(([name, shape]) => {
			const isThere = Object.hasOwn(value, name);
			return typeof shape === "function" ? isThere && shape(value[name]) : !isThere || shape.optional(value[name]);
		});
	};
}
/**
* What one step of the action hands to the next as JSON. A script of the job may have put something else in its place.
*
* @param name of the input that it comes as, @param shape of all of it
* @throws InputError when it is no JSON object, or has another shape
*/
function handedOver(name, text, shape = isJsonObject) {
	try {
		const value = JSON.parse(text);
		if (isJsonObject(value) && shape(value)) return value;
	} catch (error) {
		if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
	}
	throw new InputError([{
		where: `input ${name}`,
		text: "is not what the step before writes: use the action as a whole, not this step of it"
	}]);
}
// src/registry/base/basename.ts
const BASE_FORMS = "a registry reference, scratch, oci:, oci-archive:, docker-archive:, dir:, containers-storage:, docker-daemon: or file:";
const BUILD_SERVICE = "names a container of the Open Build Service that builds the description: write its registry reference, like registry.opensuse.org/PROJECT/NAME:TAG";
/** Sources that cannot be read from here: KIWI's own, and addresses of the web. */
const FOREIGN_SOURCES = /* @__PURE__ */ new Map([
	["obsrepositories", () => BUILD_SERVICE],
	["obs", () => BUILD_SERVICE],
	["this", () => "is KIWI's word for the folder of the description, which it knows for repositories only: write file:PATH"],
	["http", webProblem],
	["https", webProblem],
	["ftp", webProblem]
]);
/**
* The reference container: a registry reference (with or without `docker://`), `scratch`, a skopeo transport, or a path of
* this machine as KIWI takes it: `file:PATH`, `file:///PATH`, `dir:…` and an absolute path alone. What names neither tag
* nor digest means `latest`, as with docker. Relative paths are those of the working directory, as with KIWI and skopeo.
*/
function parseBase(text) {
	if (text === "scratch") return "scratch";
	if (text.startsWith("/")) return pathName(text, text);
	if (/^\.{1,2}\//.test(text)) return { problem: `'${text}' is a path: write file:${text}` };
	const [, scheme = "", address = ""] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
	const foreign = FOREIGN_SOURCES.get(scheme);
	if (foreign !== void 0 && /^obs|^\w+:\/\//.test(text)) return { problem: `'${text}' ${foreign(address)}` };
	const { transport, rest } = transportParts(text);
	if (transport === void 0 || transport === "docker") return registryName(rest);
	if (transport === "file" || transport === "dir" && rest.startsWith("//")) return uriPath(text, rest);
	if (transport === "docker-daemon") return engineName(text, rest);
	if (!isLocal$1(transport)) return { problem: `'${text}' is no source of a base: write ${BASE_FORMS}` };
	const name = localName(transport, rest);
	return "problem" in name || name.transport !== "dir" ? name : pathName(name.path, text);
}
/** What annotations call a base: nothing that only this machine knows, like the folders above an archive or of a storage. */
function publishedName(name) {
	if (name.transport === "containers-storage") return imageNameText({
		...name,
		path: name.path.replace(/^\[[^\]]*\]/, "")
	});
	if (name.transport === "docker" || name.transport === "docker-daemon") return plainName(name);
	return imageNameText({
		...name,
		path: basename(resolve(name.path))
	});
}
/** Without a tag the engine would give all images of the name. */
function engineName(text, name) {
	const parsed = parseReference(name);
	if (typeof parsed === "string") return { problem: `'${text}' is no name of an image: ${parsed}` };
	return {
		transport: "docker-daemon",
		path: parsed.tag !== void 0 || parsed.digest !== void 0 ? name : `${name}:latest`
	};
}
function uriPath(text, rest) {
	const [, host = "", path = ""] = /^(?:\/\/([^/]*))?([^?#]*)/.exec(rest) ?? [];
	if (host !== "" && host !== "localhost") return { problem: `'${text}' names the host ${host}: write file:///PATH, or file:PATH in the working directory` };
	return pathName(path, text);
}
function pathName(path, text) {
	if (path === "") return { problem: `'${text}' has no path: write file:PATH` };
	return {
		transport: "path",
		path
	};
}
function webProblem(rest) {
	return `is an address of the web: write ${rest.replace(/^\/\//, "")} for a registry, or fetch the archive before and write file:PATH`;
}
function registryName(text) {
	const parsed = parseReference(text);
	if (typeof parsed === "string") return { problem: `'${withoutLogin(text)}' is no reference: ${parsed}` };
	return {
		transport: "docker",
		reference: parsed
	};
}
// src/plan/planshape.ts
const isTexts$2 = isListOf(isText$1);
const isRecordOfTexts = isRecordOf(isText$1);
const orNull = (shape) => optionally(isAnyOf(isNull, shape));
const isChanges = isAnyOf(isText$1, isNull);
const isPlatform = isMade({
	os: isText$1,
	architecture: isText$1,
	variant: optionally(isText$1)
});
const isConfig = isMade({
	entrypoint: orNull(isTexts$2),
	cmd: orNull(isTexts$2),
	env: orNull(isRecordOf(isChanges)),
	labels: orNull(isRecordOf(isChanges)),
	user: orNull(isText$1),
	workdir: orNull(isText$1),
	expose: orNull(isTexts$2),
	volumes: orNull(isTexts$2),
	stopsignal: orNull(isText$1),
	author: orNull(isText$1),
	history: orNull(isMade({
		createdBy: orNull(isText$1),
		author: orNull(isText$1),
		comment: orNull(isText$1)
	}))
});
const isMachine = isMade({
	memoryMegabytes: optionally(isCount),
	cpus: optionally(isCount),
	guestOS: optionally(isText$1),
	hardwareVersion: optionally(isText$1),
	diskController: optionally(isText$1),
	diskMode: optionally(isText$1),
	nics: isListOf(isRecordOfTexts),
	dvd: optionally(isRecordOfTexts),
	ovfType: optionally(isText$1),
	displayName: optionally(isText$1)
});
const isSelected = isMade({
	image: isText$1,
	file: isAbsolutePath,
	line: isCount,
	reason: isText$1,
	profiles: isTexts$2,
	version: isText$1,
	packageManager: isText$1,
	format: optionally(isText$1),
	diskFormat: optionally(isOneOf(DISK_FORMAT_NAMES)),
	archive: optionally(isText$1),
	bundleFormat: optionally(isText$1),
	formatOptions: isTexts$2,
	vhdFixedTag: optionally(isText$1),
	gceLicense: optionally(isText$1),
	machine: optionally(isMachine),
	derivedFrom: optionally(isText$1),
	derivedFromLine: optionally(isCount),
	filesystem: optionally(isText$1),
	filesystems: isTexts$2,
	firmware: optionally(isText$1),
	bootloader: optionally(isText$1),
	volumeManager: optionally(isText$1),
	size: optionally(isMade({
		megabytes: isCount,
		additive: isFlag$1
	})),
	containerConfig: optionally(isConfig),
	naming: optionally(isMade({
		name: orNull(isText$1),
		tag: orNull(isText$1),
		additionalNames: orNull(isTexts$2)
	})),
	containerLines: isRecordOf(isCount),
	author: optionally(isText$1),
	replacesInitrd: isFlag$1,
	attributes: isRecordOfTexts
});
const isPlaceholder = isMade({
	index: isCount,
	where: isText$1,
	distribution: optionally(isText$1),
	components: optionally(isTexts$2),
	imageInclude: isFlag$1,
	repositoryGpgcheck: isFlag$1
});
const isDescriptionSource = isMade({
	kind: isOneOf(["description"]),
	folder: isAbsolutePath,
	file: isAbsolutePath,
	name: isTextThat((text) => /^[\w.-]+$/.test(text)),
	version: isTextThat((text) => !/[/\0]/.test(text)),
	schemaVersion: isText$1,
	profiles: isTexts$2,
	type: optionally(isText$1),
	selected: isSelected,
	kiwiName: isTextThat((text) => !/[/\0]/.test(text)),
	diskName: optionally(isTextThat((text) => !/[/\0]/.test(text))),
	packageManager: isText$1,
	hasFstabPatch: isFlag$1,
	repositories: isTexts$2,
	placeholders: isListOf(isPlaceholder),
	kiwiVersion: isText$1,
	globalArguments: isTexts$2,
	buildArguments: isTexts$2
});
const isAnnotation = isMade({
	levels: isListOf(isOneOf(ANNOTATION_LEVELS)),
	platform: optionally(isPlatform),
	key: isText$1,
	value: isText$1
});
const isTag = isTextThat((text) => {
	const parsed = parseTag(text);
	return !("problem" in parsed) && parsed.text === text;
});
/** Names no problem: what the plan holds was parsed when it was made. */
const isBase = isTextThat((text) => {
	const parsed = parseBase(text);
	return parsed === "scratch" || !("problem" in parsed);
});
/** The whole of a plan, as it was written by `planText`. */
const isPlan = isMade({
	planVersion: (value) => value === 1,
	source: isAnyOf(isMade({
		kind: isOneOf(["disk"]),
		path: isAbsolutePath
	}), isDescriptionSource),
	kinds: (value) => Array.isArray(value) && value.length > 0 && value.every(isOneOf(KINDS$1)),
	diskTypes: isListOf(isOneOf(DISK_TYPES)),
	format: isOneOf(DISK_FORMAT_NAMES),
	formatSource: isText$1,
	diskPath: optionally(isAbsolutePath),
	base: isBase,
	baseSource: isText$1,
	basePacking: optionally(isOneOf([
		"gzip",
		"zstd",
		"xz",
		"bzip2"
	])),
	platform: isPlatform,
	config: isConfig,
	labels: isRecordOfTexts,
	annotations: isListOf(isAnnotation),
	names: isListOf(isMade({
		repository: isText$1,
		tag: isText$1
	})),
	compression: isMade({
		algorithm: isOneOf([
			"gzip",
			"zstd",
			"none"
		]),
		level: optionally(isCount)
	}),
	tags: isListOf(isTag),
	tagsSource: optionally(isText$1),
	push: isFlag$1,
	pushByDigest: optionally(isTextThat((text) => parseRepository(text) === text)),
	exports: isListOf(isTextThat((text) => !("problem" in parseDestination(text)))),
	exportsSource: optionally(isText$1),
	loginRegistry: optionally(isTextThat((text) => parseRegistry(text) === text)),
	tlsVerify: isFlag$1,
	cache: isFlag$1,
	fastBuild: isFlag$1,
	installTools: isFlag$1,
	workDirectory: optionally(isAbsolutePath),
	sourceDateEpoch: optionally((value) => typeof value === "number" && epochProblem(value) === void 0),
	summary: isFlag$1
});
// src/plan/plantext.ts
/** @throws InputError when the text is no plan of this version: a step was used without the one before it, or it was forged */
function parsePlan(text) {
	const { planVersion: _, ...plan } = handedOver("plan", text, isPlan);
	return plan;
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
// node_modules/@actions/core/lib/file-command.js
function issueFileCommand(command, message) {
	const filePath = process.env[`GITHUB_${command}`];
	if (!filePath) throw new Error(`Unable to find environment variable for file command ${command}`);
	if (!fs.existsSync(filePath)) throw new Error(`Missing file at path: ${filePath}`);
	fs.appendFileSync(filePath, `${toCommandValue(message)}${os.EOL}`, { encoding: "utf8" });
}
function prepareKeyValueMessage(key, value) {
	const delimiter = `ghadelimiter_${crypto.randomUUID()}`;
	const convertedValue = toCommandValue(value);
	if (key.includes(delimiter)) throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
	if (convertedValue.includes(delimiter)) throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
	return `${key}<<${delimiter}${os.EOL}${convertedValue}${os.EOL}${delimiter}`;
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
* Sets the value of an output.
*
* @param     name     name of the output to set
* @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
*/
function setOutput(name, value) {
	if (process.env["GITHUB_OUTPUT"] || "") return issueFileCommand("OUTPUT", prepareKeyValueMessage(name, value));
	process.stdout.write(os.EOL);
	issueCommand("set-output", { name }, toCommandValue(value));
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
* Saves state for current action, the state can only be retrieved by this action's post job execution.
*
* @param     name     name of the state to store
* @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
*/
function saveState(name, value) {
	if (process.env["GITHUB_STATE"] || "") return issueFileCommand("STATE", prepareKeyValueMessage(name, value));
	issueCommand("save-state", { name }, toCommandValue(value));
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
// src/oci/store/file.ts
/**
* Writes a file of ours into a folder that goes with the job, as Node's `writeFile`, whose error does not say where the disk
* is full.
*
* @throws HostError when the disk is full; other errors of the file system are passed on
*/
async function putText(path, content, options = {}) {
	try {
		await writeFile(path, content, options);
	} catch (error) {
		throw spaceError(error, dirname(path));
	}
}
// src/oci/store/folder.ts
/**
* Makes a folder and those above it. What is there already stays.
*
* Not with `recursive`: where a parent is there and takes no folders, as in /proc, Node 24 tries for ever
* (libuv says ENOENT, and Node makes the parent again).
*
* @throws errors of the file system
*/
async function makeFolder(path) {
	try {
		await mkdir(path);
	} catch (error) {
		const code = error instanceof Error && "code" in error ? error.code : void 0;
		if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
		const parent = dirname(path);
		if (code !== "ENOENT" || parent === path || await isThere(parent)) throw error;
		await makeFolder(parent);
		await makeFolder(path);
	}
}
/** Whether something is there: behind links, and as far as we may look. */
async function isThere(path) {
	return await stat(path).catch(() => void 0) !== void 0;
}
// src/oci/store/temporary.ts
/**
* What names of files and folders begin with that this process gives their own name when they are whole: by it, what it
* leaves when it is killed can be told from what others write beside it.
*/
const TEMPORARY_PREFIX = `.${randomUUID()}.`;
/** A new name for such a file or folder. Not behind its final name, which may be as long as a name can be. */
function temporaryName() {
	return `${TEMPORARY_PREFIX}${randomUUID().slice(0, 8)}.tmp`;
}
/** Whether a name is such a one, of whichever process. */
function isTemporaryName(name) {
	return /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9a-f]{8}\.tmp$/.test(name);
}
// src/job/workfolder.ts
/** Only a folder that holds this file is ever released and removed as root. It says whom the folder belongs to. */
const MARKER = ".kiwi-oci";
/** What the names of folders of ours, and of KIWI's log beside them, begin with. */
const WORK_PREFIX = "kiwi-oci-";
/** One lock for the whole machine, containers that share its devices among it. */
const LOOP_CONTROL = "/dev/loop-control";
const TRIES = 5;
/** What is wrong with a place, and not with the machine. */
const UNFIT$1 = {
	EEXIST: "it is no folder",
	ENOTDIR: "it is no folder",
	ENOENT: "no folder can be made there",
	EACCES: "the right to it is missing",
	EPERM: "the right to it is missing",
	ENAMETOOLONG: "its name is too long",
	ELOOP: "links in it go round"
};
/**
* Makes the folder of one job, with a name of its own, so that jobs on one machine do not disturb one another. Nobody
* else may look into it: a disk can hold secrets.
*
* @param given `work-dir`, @param temp where there is none
* @throws InputError when `work-dir` is no place for folders, HostError when the folder for temporary files is none
*/
async function makeWorkFolder({ given, temp }, keeping) {
	const parent = given ?? temp;
	try {
		await makeFolder(parent);
		return await makeJobFolder(parent, "", keeping);
	} catch (error) {
		const { code = "" } = error;
		const reason = UNFIT$1[code];
		if (error instanceof KnownError || reason === void 0) throw error;
		const lack = `${parent} cannot be used (${reason})`;
		if (given === void 0) throw new HostError("host-folder", lack, "set TMPDIR to a folder of yours");
		throw new InputError([{
			where: "input work-dir",
			text: `${lack}: name a folder of yours`
		}]);
	}
}
/**
* Makes a folder of a job that only we can read.
*
* @param purpose the middle of its name, `login-`; empty for the work folder
* @throws errors of the file system
*/
async function makeJobFolder(parent, purpose, { holder, inside = [], keep }) {
	const marker = holder === void 0 ? "" : JSON.stringify({
		...holder,
		inside,
		prefix: TEMPORARY_PREFIX
	});
	for (let tries = 1;; tries += 1) {
		const folder = join(parent, `${WORK_PREFIX}${purpose}${randomBytes(6).toString("hex")}`);
		keep(folder);
		await mkdir(folder, { mode: 448 });
		try {
			await mark(folder, marker);
			return folder;
		} catch (error) {
			await rm(folder, {
				recursive: true,
				force: true
			});
			if (!(error instanceof Error && "code" in error && error.code === "ENOENT") || tries === TRIES) throw error;
		}
	}
}
/** Whoever is killed here leaves a folder without the marker, and none with half of it. */
async function mark(folder, text) {
	const temporary = join(folder, temporaryName());
	await putText(temporary, text);
	await rename(temporary, join(folder, MARKER));
}
/** Whether a folder has a name that `makeJobFolder` makes. */
function isJobFolder(name) {
	return name.startsWith("kiwi-oci-") && /^(?:[a-z]+-)?[0-9a-f]{12}$/.test(name.slice(9));
}
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
/** Removes folders of a job that was killed, and the logs beside them, which nobody was told of. Throws nothing. */
async function removeAbandoned(folders, supervisor, report) {
	await removeFolders(folders, supervisor, report);
	for (const folder of folders) await removeLogs(folder);
}
/** The logs of KIWI beside a work folder. */
async function removeLogs(folder) {
	const names = await readdir(dirname(folder)).catch(() => []);
	for (const name of names.filter((each) => each.startsWith(`${basename(folder)}-log-`))) await rm(join(dirname(folder), name), {
		recursive: true,
		force: true
	}).catch(() => {});
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
// src/registry/login/credentials.ts
const noLogins = {
	auths: {},
	credHelpers: {}
};
/** What docker calls its own registry when it asks a helper (docker/cli, registry.IndexServer). */
const DOCKER_SERVER = "https://index.docker.io/v1/";
const HELPER = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/**
* As strict as skopeo, which ends at what it cannot take, and only when it needs it.
*
* @param path names the file in the error, which quotes no login of it
* @throws HostError when it is no JSON object, or one of another shape
*/
function parseLogins(text, path) {
	if (text.trim() === "") throw unusable(path, "there is nothing in it");
	const document = parsedObject(text, path);
	const { credsStore } = document;
	return {
		auths: auths(document["auths"], path),
		credHelpers: helpers(document["credHelpers"], path),
		...typeof credsStore === "string" && HELPER.test(credsStore) ? { credsStore } : {}
	};
}
/** JSON of a file that skopeo reads: without `credsStore`, which means nothing to it. */
function loginsText(logins) {
	return `${JSON.stringify({
		auths: logins.auths,
		credHelpers: logins.credHelpers
	})}\n`;
}
/** One set of logins for several files, where the first file that knows a registry wins, as skopeo searches them. */
function mergedLogins(files) {
	return files.reduceRight((below, above) => {
		const rest = [...Object.keys(above.auths), ...Object.keys(above.credHelpers)].reduce(without$1, below);
		const credsStore = above.credsStore ?? below.credsStore;
		return {
			auths: {
				...rest.auths,
				...above.auths
			},
			credHelpers: {
				...rest.credHelpers,
				...above.credHelpers
			},
			...credsStore === void 0 ? {} : { credsStore }
		};
	}, noLogins);
}
/** With a login that wins over all others for its registry: skopeo prefers helpers and namespaces, so those go. */
function withLogin(logins, login) {
	return withAuth(logins, login.registry, login.username, login.password);
}
/** `<token>` as the name marks a token instead of a password (docker-credential-helpers, client). */
function withAuth(logins, registry, username, secret) {
	const isToken = username === "<token>";
	const auth = Buffer.from(`${username}:${isToken ? "" : secret}`, "utf8").toString("base64");
	const entry = isToken ? {
		auth,
		identitytoken: secret
	} : { auth };
	const rest = without$1(logins, registry);
	return {
		...rest,
		auths: {
			...rest.auths,
			[registry]: entry
		}
	};
}
function withHelper(logins, registry, helper) {
	return {
		...logins,
		credHelpers: {
			...logins.credHelpers,
			[registry]: helper
		}
	};
}
/** Whether a registry, or a namespace in it, has a login of its own or a helper. */
function knowsLogin(logins, registry) {
	return [...Object.keys(logins.auths), ...Object.keys(logins.credHelpers)].some((key) => isWithin$3(key, registry));
}
/** Whether a login or a helper is there for a repository, `registry/name`: for itself or for what it lies in. */
function hasLoginFor(logins, repository) {
	return [...Object.keys(logins.auths), ...Object.keys(logins.credHelpers)].some((key) => isWithin$3(repository, normalKey(key)));
}
function without$1(logins, registry) {
	const kept = (entries) => Object.fromEntries(Object.entries(entries).filter(([key]) => !isWithin$3(key, normalKey(registry))));
	return {
		...logins,
		auths: kept(logins.auths),
		credHelpers: kept(logins.credHelpers)
	};
}
function isWithin$3(key, registry) {
	const normal = normalKey(key);
	return normal === registry || normal.startsWith(`${registry}/`);
}
/** The registry in a key of any age; c/image pkg/docker/config/config.go, `normalizeAuthFileKey`. */
function normalKey(key) {
	const bare = key.replace(/^https?:\/\//, "");
	const name = bare === key ? bare : bare.split("/")[0] ?? bare;
	return ["index.docker.io", "registry-1.docker.io"].includes(name) ? "docker.io" : name;
}
/** Only what holds a login: docker leaves `{}` where a helper has it, which would hide the helper. */
function auths(value, path) {
	const entries = entriesOf$1(value, "auths", path).flatMap(([key, entry]) => {
		if (entry !== null && !isJsonObject(entry)) throw unusable(path, `the entry of ${key} is no object`);
		const { auth = "", identitytoken } = entry ?? {};
		if (typeof auth !== "string" || !isBase64(auth)) throw unusable(path, `the login of ${key} is no base64`);
		if (auth === "") return [];
		return [[key, typeof identitytoken === "string" ? {
			auth,
			identitytoken
		} : { auth }]];
	});
	return Object.fromEntries(entries);
}
function helpers(value, path) {
	const entries = entriesOf$1(value, "credHelpers", path).flatMap(([key, helper]) => {
		if (typeof helper !== "string") throw unusable(path, `the helper of ${key} is no text`);
		return HELPER.test(helper) ? [[key, helper]] : [];
	});
	return Object.fromEntries(entries);
}
/** Go takes `null` for nothing. */
function entriesOf$1(value, name, path) {
	if (value === void 0 || value === null) return [];
	if (isJsonObject(value)) return Object.entries(value);
	throw unusable(path, `its ${name} is no object`);
}
/** As Go's encoding/base64 takes it. */
function isBase64(text) {
	const bare = text.replaceAll(/[\r\n]/g, "");
	return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
}
function unusable(path, reason) {
	return new HostError("host-logins", `the file of logins ${path} cannot be used, ${reason}`, "correct it or remove it");
}
function parsedObject(text, path) {
	try {
		const value = JSON.parse(text);
		if (isJsonObject(value)) return value;
	} catch {}
	throw new HostError("host-logins", `the file of logins ${path} is no JSON object`, "correct it or remove it");
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
/** Those of a login; `username:password` is what HTTP sends (RFC 7617). */
function loginForms({ username, password }) {
	return password === "" ? [] : secretForms(password, `${username}:${password}`);
}
/** Those of all logins in a file. */
function fileForms(logins = noLogins) {
	return Object.values(logins.auths).flatMap(({ auth = "", identitytoken = "" }) => {
		const [, username = "", password = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth, "base64").toString("utf8")) ?? [];
		return [...loginForms({
			username,
			password
		}), ...identitytoken === "" ? [] : secretForms(identitytoken)];
	});
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
/** What an HTTP header says of a login or token, where a server repeats it. */
const AUTHORIZATION = /\b(Basic|Bearer) +(?=[\w+/.~-]*[\d=])[\w+/=.~-]{8,}/gi;
/** A text without any of these forms. */
function hideSecrets(text, forms) {
	return [...forms].sort((one, other) => other.length - one.length).reduce((left, form) => left.replaceAll(form, "***"), text).replaceAll(AUTHORIZATION, "$1 ***");
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
/** Values that a step takes beside the inputs of the action, from the steps before it. */
function takeValue(environment, name) {
	const variable = `INPUT_${name.toUpperCase()}`;
	const value = environment[variable] ?? "";
	delete environment[variable];
	return value;
}
/** Keeps a login out of the log. */
function maskSecret(username, password) {
	for (const form of loginForms({
		username,
		password
	})) setSecret(form);
}
/** Keeps the login out of the log that an address may carry: `https://user:password@host/`. */
function maskUriPassword(text) {
	for (const form of addressForms(text)) setSecret(form);
}
function setOutputs(outputs) {
	for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
}
const folders = [];
/** Remembers a folder for the step's post entry, before anything is put into it. */
function rememberFolder(folder) {
	folders.push(folder);
	saveState("folders", JSON.stringify(folders));
}
// src/oci/layer/filestate.ts
async function fileState(path) {
	const { size, mtimeNs } = await stat(path, { bigint: true });
	return {
		size,
		mtimeNs
	};
}
/** @throws HostError where a disk is no longer what it was */
async function checkUnchanged(path, before) {
	const { size, mtimeNs } = await fileState(path);
	if (size !== before.size || mtimeNs !== before.mtimeNs) throw changedDisk(path);
}
function changedDisk(path) {
	return new HostError("host-disk", `the disk ${path} changed while it was read`, "end what writes to it, a running VM perhaps, and try again");
}
// src/disk/parts.ts
/** A vmdk that is text: comments and empty lines, then its version (QEMU block/vmdk.c `vmdk_probe`). */
const VMDK_TEXT = /^(?:#[^\n]*\n| *\r?\n)*version=[123]\r?\n/;
const QCOW2_MAGIC = "QFIû";
/** QEMU docs/interop/qcow2.txt: version at 4; incompatible features at 72, bit 2 of the last byte of them for a data file. */
const QCOW2_VERSION_AT = 4;
const QCOW2_FEATURES_END = 79;
const QCOW2_DATA_FILE = 4;
const VMDK_MAGIC = "KDMV";
/** QEMU block/vmdk.c `VMDK4Header`: without a capacity of its own the file only describes others. */
const VMDK_CAPACITY_AT = 12;
/** How much of a disk file `startNamesParts` needs to see. */
const START_BYTES = 4096;
/**
* Whether the start of a disk file says that content lies in other files, which qemu-img would open, or connect to,
* even to tell so.
*/
function startNamesParts(start) {
	const magic = start.toString("latin1", 0, 4);
	if (magic === QCOW2_MAGIC && start.length > QCOW2_FEATURES_END) return start.readUInt32BE(QCOW2_VERSION_AT) >= 3 && ((start[QCOW2_FEATURES_END] ?? 0) & QCOW2_DATA_FILE) !== 0;
	if (magic === VMDK_MAGIC && start.length >= 20) return start.readBigUInt64LE(VMDK_CAPACITY_AT) === 0n;
	return VMDK_TEXT.test(start.toString("latin1"));
}
/**
* The file, other than the disk's own, that a disk needs, by what `qemu-img info` says of it.
*
* @param path of the disk as qemu-img was given it
*/
function neededPart(info, path) {
	const data = asRecord(asRecord(info["format-specific"])["data"]);
	const extents = Array.isArray(data["extents"]) ? data["extents"].map((extent) => asRecord(extent)["filename"]) : [];
	return [
		info["backing-filename"],
		data["data-file"],
		...extents
	].find((name) => typeof name === "string" && name !== path);
}
function asRecord(value) {
	return isJsonObject(value) ? value : {};
}
// src/disk/inspect.ts
const SECTOR_BYTES$1 = 512;
/** POSIX.1 pax, ustar interchange format: where every header says so. In a disk's first sector it is code. */
const TAR_MAGIC_AT = 257;
/** The formats that are one file by themselves and that QEMU reads well. */
const TAKEN = [
	"raw",
	"qcow2",
	"vdi",
	"vhdx",
	"vpc",
	"vmdk"
];
const PACKED = [
	{
		magic: "1f8b",
		name: "gzip"
	},
	{
		magic: "fd377a585a00",
		name: "xz"
	},
	{
		magic: "28b52ffd",
		name: "zstd"
	},
	{
		magic: "425a68",
		name: "bzip2"
	},
	{
		magic: "504b0304",
		name: "zip"
	}
];
/**
* Looks at a disk file with `qemu-img info`.
*
* @param format given for a disk whose format is known: a raw disk is then not taken for what its guest wrote at its start
* @throws InputError for the input `disk`: no disk, packed, or not complete without another file
*/
async function inspectDisk(path, format, signal) {
	await checkFile(path);
	const state = await fileState(path);
	if (format === void 0 && startNamesParts(await startOf(path))) throw incomplete(path, "other files");
	const info = await givenInfo(path, format, signal);
	const part = neededPart(info, resolve(path));
	if (part !== void 0) throw incomplete(path, part);
	const { format: found, "virtual-size": virtualSizeBytes, "actual-size": sizeBytes } = info;
	if (typeof found !== "string" || typeof virtualSizeBytes !== "number" || typeof sizeBytes !== "number") throw new Error(`qemu-img info does not say what ${path} is: ${JSON.stringify(info)}`);
	if (!TAKEN.includes(found)) throw refused$2(`${path} has the format ${found}, which is none of ${TAKEN.join(", ")}: convert it with qemu-img convert -O qcow2 ${path} NEW`);
	if (found === "raw") await checkRaw(path);
	else await checkWhole(path, found, signal);
	return {
		format: found,
		virtualSizeBytes,
		sizeBytes,
		state
	};
}
async function checkFile(path) {
	const found = await stat(path).catch((error) => error);
	if (found instanceof Error) throw refused$2(found.code === "ENOENT" ? `${path} does not exist` : `${path} cannot be read (${found.code})`);
	if (!found.isFile()) throw refused$2(`${path} is no file: name a disk file`);
}
/**
* What a machine sees of a disk that we made, in bytes.
*
* @param format qemu-img's name of it
* @throws CommandError when qemu-img cannot read it or is ended
*/
async function virtualSize(path, format, signal) {
	const { "virtual-size": sizeBytes } = await qemuInfo(path, format, signal);
	if (typeof sizeBytes !== "number") throw new Error(`qemu-img info does not say how large ${path} is`);
	return sizeBytes;
}
/** An absolute path, since qemu-img takes what stands before a colon, `nbd:` or `json:`, for a protocol. */
async function qemuInfo(path, format, signal) {
	const { stdout } = await runCommand("qemu-img", [
		"info",
		"--output=json",
		...format === void 0 ? [] : ["-f", format],
		"--",
		resolve(path)
	], signal ? { signal } : {});
	return JSON.parse(stdout.toString());
}
async function givenInfo(path, format, signal) {
	try {
		return await qemuInfo(path, format, signal);
	} catch (error) {
		if (!(error instanceof CommandError) || error.outcome.kind !== "exit") throw error;
		throw refused$2(`${path} cannot be read as a disk (${(error.lastLines.at(-1) ?? "").replace(/^qemu-img: (Could not open '.*?': )?/, "")})`);
	}
}
/** Empty where the file cannot be read: qemu-img says why. */
async function startOf(path) {
	await using file = await open(path).catch(() => void 0);
	if (file === void 0) return Buffer.alloc(0);
	const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
	return buffer.subarray(0, bytesRead);
}
/** Tables that point to what is not there give zeros when they are read: a copy that ended early would become an image. */
async function checkWhole(path, format, signal) {
	const args = [
		"check",
		"--output=json",
		"-f",
		format,
		"--",
		resolve(path)
	];
	try {
		await runCommand("qemu-img", args, signal ? { signal } : {});
	} catch (error) {
		if (!(error instanceof CommandError) || error.outcome.kind !== "exit") throw error;
		if ([3, 63].includes(error.outcome.code)) return;
		throw refused$2(`${path} is damaged, qemu-img check finds errors in it: copy it again, whole`);
	}
}
/** qemu-img calls raw whatever it does not know. */
async function checkRaw(path) {
	const file = await open(path);
	try {
		const { size } = await file.stat();
		const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
		const start = buffer.toString("hex");
		const packed = PACKED.find(({ magic }) => start.startsWith(magic));
		if (packed !== void 0) throw refused$2(`${path} is packed with ${packed.name}: unpack it first`);
		const { buffer: magic } = await file.read(Buffer.alloc(5), 0, 5, TAR_MAGIC_AT);
		if (magic.toString("latin1") === "ustar") throw refused$2(`${path} is a tar archive, an appliance or a container perhaps: give the disk that is in it`);
		const { buffer: end } = await file.read(Buffer.alloc(8), 0, 8, Math.max(0, size - SECTOR_BYTES$1));
		if (end.toString("latin1") === "conectix") throw refused$2(`${path} is a fixed VHD, of which qemu-img takes the footer for data: convert it with qemu-img convert -f vpc -O qcow2 ${path} NEW`);
		if (size === 0 || size % SECTOR_BYTES$1 !== 0) throw refused$2(`${path} is no disk: its ${size} bytes are no whole sectors of ${SECTOR_BYTES$1}`);
	} finally {
		await file.close();
	}
}
function incomplete(path, part) {
	return refused$2(`${path} is not complete without ${part}: flatten it with qemu-img convert -O qcow2 ${path} NEW`);
}
function refused$2(text) {
	return new InputError([{
		where: "input disk",
		text
	}]);
}
// src/plan/readfiles.ts
/** Files of the user that a job of the plan reads: nothing that it writes may take their place. */
function readFiles({ source, base }) {
	const name = parseBase(base);
	const own = source.kind === "disk" ? source.path : source.file;
	return typeof name === "object" && "path" in name ? [own, name.path] : [own];
}
// src/registry/access.ts
/**
* Our environment without what skopeo has no use for and without every variable that holds one of `secrets`. Everything
* else stays: credential helpers have needs that we do not know.
*/
function skopeoEnvironment(environment, secrets = []) {
	const kept = Object.entries(environment).filter((entry) => {
		const [name, value] = entry;
		if (value === void 0 || isRunnerVariable(name)) return false;
		return !secrets.some((secret) => secret !== "" && value.includes(secret));
	});
	return Object.fromEntries(kept);
}
/** Flags for all commands, before the command's name. */
function globalFlags(access) {
	return ["--tmpdir", access.tmpFolder];
}
/** Flags of a command that talks to one place. */
function inspectFlags(access) {
	return [...authFlags(access), ...access.tlsVerify ? [] : ["--tls-verify=false"]];
}
function copyFlags(access) {
	return [...authFlags(access), ...access.tlsVerify ? [] : ["--src-tls-verify=false", "--dest-tls-verify=false"]];
}
function authFlags(access) {
	return access.authfile === void 0 ? [] : ["--authfile", access.authfile];
}
/** First match wins: errors of c/image (docker/, copy/) stand inside one another, the innermost tells most. */
const PHASES$1 = [
	[/requesting bear|obtain access token/i, "while a token was fetched"],
	[/pinging container registry/i, "at the first contact"],
	[/logging into|authenticating creds/i, "at the login"],
	[/(?:uploading|writing) manifest/i, "while the manifest was written"],
	[/happened during read|\b(?:reading|fetching) (?:blob|config)|image config/i, "while a blob was read"],
	[/writing (?:blob|config)|layer upload|uploading layer|reuse blob|whether a blob|\/blobs\/uploads\//i, "while a blob was written"],
	[/(?:reading|fetching) (?:manifest|image)|determining manifest/i, "while the manifest was read"]
];
/** Where in a push or a fetch skopeo failed, by its message; undefined where that does not say. */
function phaseOf$1(text) {
	return PHASES$1.find(([pattern]) => pattern.test(text))?.[1];
}
// src/registry/refusalrule.ts
const WEB_PAGE = "a web page answered instead of a registry: check the address, and whether the network asks for a sign-in";
/** First match wins. Texts of skopeo 1.9 to 1.22 (c/image docker/, Go's net/http and crypto/x509). */
const RULES = [
	{
		kind: "namespace",
		pattern: /newuidmap|newgidmap|\bsub[ug]id\b|during unshare\(/,
		reason: (text) => `container storage needs a user namespace, which this user cannot have: run as root, or install uidmap, give the user a range in /etc/subuid and /etc/subgid, and allow user namespaces, which AppArmor of Ubuntu 24.04 forbids (${text})`
	},
	{
		kind: "zstd",
		pattern: /zstd compression is not supported/i,
		reason: "Docker's own format takes no zstd layers: set compression to gzip, or choose an oci: or oci-archive: destination"
	},
	{
		kind: "helper",
		pattern: /docker-credential-|credential helper/i,
		reason: (text) => `a credential helper of this machine failed: ${text}`
	},
	{
		kind: "space",
		pattern: /no space left on device|disk quota exceeded/i,
		status: [507],
		reason: spaceReason
	},
	{
		kind: "policy",
		pattern: /trust policy|policy\.json|running image .* is rejected/i,
		reason: (text) => `the trust policy of this machine (policy.json) forbids or lacks it: ${text}`
	},
	{
		kind: "plain-http",
		pattern: /server gave HTTP response to HTTPS client/i,
		reason: "it speaks plain HTTP and no HTTPS: for a registry of your own set tls-verify to false"
	},
	{
		kind: "broken",
		pattern: /tls: (?:bad record MAC|internal error|unexpected message|use of closed connection)|decryption failed/i,
		transient: true,
		reason: brokenReason$1
	},
	{
		kind: "certificate",
		pattern: /x509:|certificate|tls: /i,
		reason: (text) => `its certificate is not trusted (${tlsDetail(text)}): install its CA on this machine, or set tls-verify to false`
	},
	{
		kind: "host",
		pattern: /no such host/i,
		reason: "there is no such host: check the name of the registry"
	},
	{
		kind: "refused",
		pattern: /connection refused/i,
		transient: true,
		reason: "the connection was refused: check host and port, and that the registry runs"
	},
	{
		kind: "silent",
		pattern: /i\/o timeout|deadline exceeded|Client\.Timeout|no route to host|network is unreachable|handshake timeout/i,
		transient: true,
		reason: "it does not answer: check the network, proxies and firewalls"
	},
	{
		kind: "rate",
		pattern: /toomanyrequests|too many requests|rate limit/i,
		status: [429],
		transient: true,
		reason: "the registry says there were too many requests: log in, or try again later"
	},
	{
		kind: "hidden",
		pattern: /^(?!.*(?:invalid username\/password|incorrect username)).*(?:\bdenied\b.*unauthorized|insufficient_scope)/is,
		reason: "it is not there, or not for this login: check repository and tag, or log in as somebody who may see it"
	},
	{
		kind: "login",
		pattern: /unauthorized|authentication required|invalid username\/password|incorrect username or password/i,
		status: [401],
		transient: "copy",
		reason: "the registry wants a login, or does not accept the one it got: check registry, username and password, or log in before"
	},
	{
		kind: "denied",
		pattern: /\bdenied\b|forbidden/i,
		status: [403],
		reason: "the registry denies it: this login may not do so there"
	},
	{
		kind: "damaged",
		pattern: /blob (?:upload )?(?:unknown|invalid)/i,
		transient: "copy",
		reason: (text) => `the registry lacks what it got, or got it damaged (${text}): try again, or ask who runs it`
	},
	{
		kind: "missing",
		pattern: /manifest unknown|name unknown|repository name not known/i,
		status: [404],
		reason: "it is not there: check repository and tag"
	},
	{
		kind: "several",
		pattern: /more than one image in oci|manifest\.json: expected 1 item, got/i,
		reason: "it holds several images: write which one behind a colon, PATH:NAME"
	},
	{
		kind: "unnamed",
		pattern: /no descriptor found for reference|\btag "[^"]*" not found/i,
		reason: "it holds no image of that name: see its index.json or manifest.json for those that it has"
	},
	{
		kind: "size",
		pattern: /entity too large/i,
		status: [413],
		reason: "the registry, or a proxy in front of it, limits the size of a layer: raise the limit there, or compress more"
	},
	{
		kind: "trouble",
		pattern: /(?!)/,
		status: [
			408,
			425,
			499,
			500,
			502,
			503,
			504,
			522,
			524
		],
		transient: true,
		reason: (text) => `the registry, or a proxy in front of it, is in trouble (${text}): try again later, or ask who runs it, whose disk may be full`
	},
	{
		kind: "no-registry",
		pattern: /invalid character '<'/,
		reason: WEB_PAGE
	},
	{
		kind: "broken",
		pattern: /\bEOF\b|connection reset|broken pipe|closed network connection|closed pipe|unexpected end|stream error|http2: |server misbehaving|temporary failure|digest did not match|does not match expected|digest invalid|timed? ?out|malformed HTTP|transport connection broken/i,
		transient: true,
		reason: brokenReason$1
	}
];
/**
* Whose disk is full, and where. A registry tells of its own in the words of its storage (distribution
* registry/storage/driver/filesystem), and what unpacks a layer into a container storage names the path in the layer.
*/
function spaceReason(text) {
	if (/\bfilesystem: |HTTP status|\bStatusCode\b|\bunknown: /.test(text)) return `the registry has no space left, its own disk is full: let whoever runs it make room (${text})`;
	const file = /processing tar file/i.test(text) ? void 0 : /(?:^|\s)(\/\S+): (?:no space|disk quota)/i.exec(text)?.[1];
	return `no space is left ${file === void 0 ? "on this machine, in the folder that it is written to" : `in ${dirname(file)}`}: free some, or choose another place with work-dir, export or TMPDIR`;
}
function brokenReason$1(text) {
	return `the connection broke, or what came over it is not whole (${text}): check network and proxies, and try again later`;
}
function tlsDetail(text) {
	return /(?:x509|tls): .*$/.exec(text)?.[0] ?? text;
}
// src/registry/retryafter.ts
/** Seconds in each unit that Go prints of a time.Duration. */
const UNITS = {
	ns: 1e-9,
	us: 1e-6,
	µs: 1e-6,
	ms: .001,
	s: 1,
	m: 60,
	h: 3600
};
const DURATION = /(\d+(?:\.\d+)?)\s*(ns|us|[µμ]s|ms|s|m|h)/g;
/** ghcr.io writes `retry-after: 583.391µs` into its message, others `try again in 12s` or `retry after 30 seconds`. */
const TOLD = /(?:retry[- ]after|(?:try again|retry) in)["']?[:=]?\s*["']?((?:\d+(?:\.\d+)?\s*(?:ns|us|[µμ]s|ms|s|m|h)?)+)/i;
/**
* How long a registry asks to wait, where it says so in its message: skopeo tells of a Retry-After header nothing.
*
* @returns seconds, undefined where nothing is said
*/
function toldWaitSeconds(text) {
	const told = TOLD.exec(text)?.[1];
	if (told === void 0) return void 0;
	const parts = [...told.matchAll(DURATION)];
	if (parts.length === 0) return Number.parseFloat(told);
	return parts.reduce((sum, [, count, unit = "s"]) => sum + Number(count) * (UNITS[unit.replace("μ", "µ")] ?? 1), 0);
}
// src/registry/refusal.ts
/** What a web page under a registry's address means: a captive portal, a wrong host. */
const webPage = {
	kind: "no-registry",
	reason: WEB_PAGE,
	transient: false
};
/** Nothing came or went for so long that we ended skopeo, which waits for ever. */
function stillness(seconds) {
	return {
		kind: "still",
		reason: `nothing came for ${seconds} s: check the network, proxies and firewalls, and whether the registry limits its users (skopeo waits for that without a word); then try again`,
		transient: true
	};
}
/** An answer that is not what was asked for. @param what is wrong with it */
function damage(what) {
	return {
		kind: "damaged",
		reason: `it came damaged: ${what}; try again, or ask who runs the registry`,
		transient: true
	};
}
/**
* @param lines what skopeo printed, newest last
* @param isCopy whether it had more to do than to ask once, so that the registry had taken its token before
*/
function refusalOf(lines, isCopy = false) {
	const text = fatalText(lines);
	const status = httpStatus(text);
	const phase = phaseOf$1(text);
	const found = RULES.find((rule) => rule.pattern.test(text) || status !== void 0 && rule.status?.includes(status));
	const rule = found?.kind === "missing" && phase !== void 0 && BEFORE.has(phase) ? void 0 : found;
	const shown = status ?? (found?.status?.length === 1 ? found.status[0] : void 0);
	const about = {
		...phase === void 0 ? {} : { phase },
		...shown === void 0 ? {} : { status: shown }
	};
	if (!rule) return {
		kind: "other",
		reason: otherReason(text, shown),
		transient: false,
		...about
	};
	const reason = typeof rule.reason === "string" ? rule.reason : rule.reason(text);
	const transient = rule.transient === "copy" ? isCopy : rule.transient ?? false;
	const waitSeconds = rule.kind === "rate" ? toldWaitSeconds(text) : void 0;
	return {
		kind: rule.kind,
		reason,
		transient,
		...about,
		...waitSeconds === void 0 ? {} : { waitSeconds }
	};
}
/** Before anything is asked of a repository. */
const BEFORE = /* @__PURE__ */ new Set(["while a token was fetched", "at the first contact"]);
/** What only somebody's answer can be wrong with. */
const ANSWER = /HTTP|\bhttps?:|(?:manifest|tag|name|size) invalid|unsupported|registry/i;
function otherReason(text, status) {
	if (text === "") return "skopeo gave no reason";
	if (status === void 0 && !ANSWER.test(text)) return text;
	return `the registry does not take it, or is none (${text}): check the address, or ask who runs it`;
}
/** What was just written has to be there. */
function asPassing(refusal) {
	if (refusal.kind === "missing") return {
		...refusal,
		kind: "read-back",
		reason: "nothing is there: the registry drops what it gets, ask who runs it",
		transient: true
	};
	return refusal.kind === "no-registry" ? {
		...refusal,
		transient: true
	} : refusal;
}
/** A base in files of this machine: what a registry may get over lasts here. */
function refusalHere(lines, refusal) {
	if (![
		"broken",
		"damaged",
		"other",
		"silent"
	].includes(refusal.kind)) return refusal;
	return {
		kind: "archive",
		reason: `it is damaged, or not what its name says (${fatalText(lines)}): make it anew`,
		transient: false
	};
}
/** A registry may answer with any number of characters, which no rule here is made for, and nobody reads. */
const TEXT_LIMIT = 4096;
/** The message of the last `level=fatal` line, else of the first error, else the last line; without logrus' quoting and without the name that we say ourselves. */
function fatalText(lines) {
	const last = lines.findLast((line) => line.includes("level=fatal")) ?? lines.find((line) => line.includes("level=error")) ?? lines.findLast((line) => line.trim() !== "") ?? "";
	const quoted = /\bmsg=("(?:[^"\\]|\\.)*")/.exec(last)?.[1];
	const whole = quoted === void 0 ? last.trim() : unquoted$1(quoted);
	return (whole.length > TEXT_LIMIT ? `${whole.slice(0, TEXT_LIMIT)} …` : whole).replace(/^(?:Error )?(?:parsing|initializing|reading) (?:image name|source) "?\S+?"?: /, "");
}
function unquoted$1(text) {
	try {
		return String(JSON.parse(text));
	} catch {
		return text.slice(1, -1);
	}
}
function httpStatus(text) {
	const status = /(?:status ?(?:code)?(?: from registry)?[:\s]+|parsing HTTP |: (?=\d{3} \([A-Z]))(\d{3})\b/i.exec(text)?.[1];
	return status === void 0 ? void 0 : Number(status);
}
/** What rarely passes, or takes minutes to show. */
const MOST_OF_KIND = {
	still: 3,
	refused: 4,
	login: 3,
	damaged: 4,
	"read-back": 4,
	"no-registry": 4
};
const FIRST_MILLISECONDS = 1e3;
const FIRST_RATE_MILLISECONDS = 15e3;
const LONGEST_MILLISECONDS = 12e4;
/** skopeo sleeps up to so long where it is told to wait, and does not say so (c/image docker_client.go, backoffMaxDelay). */
const AFTER_STILL_MILLISECONDS = 6e4;
/**
* How long to wait before the next try: twice as long each time, and up to half of it more, so that jobs that failed
* together do not come back together. Never sooner than the registry asks for in its message. skopeo's own tries are
* none of ours: no version knows a 500 or a connection that closes in the middle, old ones no 5xx at all.
*
* @param refusals of all tries so far, the newest last
* @param random from 0 up to 1
* @param tries at most, in all
* @returns milliseconds, or undefined to give up
*/
function retryDelay(refusals, random, tries = 6) {
	const refusal = refusals.at(-1);
	if (!refusal?.transient || refusals.length >= tries) return void 0;
	const alike = refusals.filter(({ kind }) => kind === refusal.kind).length;
	if (alike >= (MOST_OF_KIND[refusal.kind] ?? 6)) return void 0;
	const told = (refusal.waitSeconds ?? 0) * 1e3;
	if (told > LONGEST_MILLISECONDS) return void 0;
	const usual = Math.min(LONGEST_MILLISECONDS, usualDelay(refusal, refusals.length, alike));
	return Math.round(Math.max(usual, told) * (1 + random() / 2));
}
function usualDelay({ kind, waitSeconds }, tried, alike) {
	if (kind === "still") return AFTER_STILL_MILLISECONDS;
	if (kind === "rate" && waitSeconds === void 0) return FIRST_RATE_MILLISECONDS * 2 ** (alike - 1);
	return FIRST_MILLISECONDS * 2 ** (tried - 1);
}
const realSleep = async (milliseconds, signal) => await setTimeout$1(milliseconds, void 0, signal === void 0 ? {} : { signal });
// src/registry/skopeo.ts
/** skopeo itself waits for ever: it has no idle limit. */
const LIMITS = {
	answerSeconds: 120,
	idleSeconds: 120
};
const REGISTRY = "docker://";
const IN_FILES = /^(?:docker-archive|oci-archive|oci|dir):/;
/** Of what a job writes to. */
function targetPurpose(reference, failure) {
	return {
		side: "target",
		reference,
		failure
	};
}
/** A registry's refusal with the kind of it, for callers that take some kinds for an answer. */
var RefusedError = class extends RegistryError {
	purpose;
	refusal;
	refused;
	constructor(purpose, refusal, refused) {
		const { detail, tries, ending } = refused;
		const message = `${purpose.failure}: ${refusal.reason} (${circumstances(refusal, tries)})`;
		const code = purpose.isWritten ? "registry-read-back" : `registry-${refusal.kind}`;
		super(code, oneLine(ending === void 0 ? message : `${message}; ${ending}`), {
			side: purpose.side,
			reference: purpose.reference,
			detail
		});
		this.purpose = purpose;
		this.refusal = refusal;
		this.refused = refused;
	}
};
function oneLine(text) {
	return text.replaceAll(/\s*\n\s*/g, " ").trim();
}
function circumstances({ phase, status }, tries) {
	return [
		phase,
		status === void 0 ? void 0 : `HTTP ${status}`,
		tries === 1 ? "1 try" : `${tries} tries`
	].filter((text) => text !== void 0).join(", ");
}
/**
* Runs skopeo, the one place where that is done: what belongs to every call to a registry (tries, waits, limits of time)
* belongs here.
*
* @throws RefusedError when it fails for good, after up to 6 tries where another try may help; CommandError when skopeo is
*   missing, is ended by a signal or the job is canceled
*/
async function runSkopeo(args, access, purpose, asking = {}) {
	const all = [...globalFlags(access), ...args];
	const refusals = [];
	for (;;) {
		const answer = await attempt$1(all, access, purpose, asking);
		if (!("refusal" in answer)) return answer;
		const { refusal, detail } = answer;
		refusals.push(refusal);
		const delay = retryDelay(refusals, access.random ?? Math.random, asking.tries);
		if (delay === void 0 || await asking.isSettled?.(refusal)) throw new RefusedError(purpose, refusal, {
			detail,
			tries: refusals.length
		});
		const { reason } = refusal;
		access.report.info(oneLine(`${purpose.failure}: ${reason}; trying again in ${delay / 1e3} s`));
		await pause(delay, access, all);
	}
}
/** The manifest or index as it came, byte for byte. Throws what `runSkopeo` does. */
async function readManifest(name, access, purpose, asking = {}) {
	const judge = (answer) => documentFault(name, answer) ?? asking.judge?.(answer);
	return (await runSkopeo([
		"inspect",
		"--raw",
		...inspectFlags(access),
		name
	], access, purpose, {
		...asking,
		judge
	})).stdout;
}
/** skopeo prints whatever was answered with status 200. */
function documentFault(name, answer) {
	if (!answer.subarray(0, 100).toString("utf8").trimStart().startsWith("{")) return webPage;
	if (!name.startsWith(REGISTRY)) return void 0;
	try {
		JSON.parse(answer.toString("utf8"));
		return;
	} catch (error) {
		return damage(`it is no JSON (${error instanceof Error ? error.message : error})`);
	}
}
/** What `Asking.judge` needs to accept one digest alone. */
function only(digest) {
	return (answer) => {
		const found = digestOf(answer);
		return found === digest ? void 0 : damage(`asked for ${digest}, got ${found}`);
	};
}
/** The config of an image as it came, byte for byte. Throws what `runSkopeo` does. */
async function readConfig(name, access, purpose, asking = {}) {
	return (await runSkopeo([
		"inspect",
		"--config",
		"--raw",
		...inspectFlags(access),
		name
	], access, purpose, asking)).stdout;
}
async function copyImage(copy, access, purpose, asking = {}) {
	const { from, to, flags, globals = [] } = copy;
	await runSkopeo([
		...globals,
		"copy",
		...copyFlags(access),
		...flags,
		from,
		to
	], access, purpose, asking);
}
/** What of `skopeo copy` a push needs; both came with 1.6. */
const NEEDED_FLAGS = ["--preserve-digests", "--multi-arch"];
/**
* @throws HostError when the installed skopeo lacks one of the flags that pushes need
*/
async function requireSkopeo(access) {
	const { stdout } = await runCommand("skopeo", ["copy", "--help"], commandOptions(access));
	const help = stdout.toString("utf8");
	const lacking = NEEDED_FLAGS.find((flag) => !help.includes(flag));
	if (lacking === void 0) return;
	const { stdout: version } = await runCommand("skopeo", ["--version"], commandOptions(access));
	throw new HostError("host-tools", `${version.toString("utf8").trim()} is too old, it has no ${lacking}`, "install skopeo 1.6 or later");
}
async function attempt$1(args, access, { isWritten, side }, { input, judge }) {
	const isCopy = args.includes("copy");
	const isMidway = isCopy || args.includes("--config");
	const phase = isCopy ? "in the middle of a copy" : "at a question";
	const judged = (refusal) => ({
		phase,
		...isWritten ? asPassing(refusal) : refusal
	});
	try {
		const result = await runCommand("skopeo", args, {
			...commandOptions(access),
			...timeLimit(args, isCopy, access.limits ?? LIMITS),
			...input === void 0 ? {} : { input }
		});
		const refusal = judge?.(result.stdout);
		return refusal === void 0 ? result : {
			refusal: judged(refusal),
			detail: []
		};
	} catch (error) {
		if (!(error instanceof CommandError)) throw error;
		const { outcome } = error;
		const hide = (line) => hideSecrets(line, access.secrets ?? []);
		const [lastLines, detail] = [error.lastLines.map(hide), error.detail.map(hide)];
		if (outcome.kind === "exit") {
			const refusal = refusalOf(lastLines, isMidway);
			return {
				refusal: judged(side === "base" && args.some((arg) => IN_FILES.test(arg)) && !args.some((arg) => arg.startsWith(REGISTRY)) ? refusalHere(lastLines, refusal) : refusal),
				detail
			};
		}
		if (outcome.kind !== "timeout" && outcome.kind !== "idle") throw error;
		return {
			refusal: judged(stillness(outcome.seconds)),
			detail
		};
	}
}
/** A question has its answer at once or never; how long a copy takes only its size knows, but bytes have to move. */
function timeLimit(args, isCopy, { answerSeconds, idleSeconds }) {
	if (!isCopy) return args.some((arg) => IN_FILES.test(arg)) ? {} : { timeoutSeconds: answerSeconds };
	return args.some((arg) => arg.startsWith(REGISTRY)) ? { idleSeconds } : {};
}
async function pause(milliseconds, access, args) {
	try {
		await (access.sleep ?? realSleep)(milliseconds, access.signal);
	} catch (error) {
		if (access.signal?.aborted) throw new CommandError("skopeo", args, { kind: "canceled" }, []);
		throw error;
	}
}
function commandOptions(access) {
	return {
		env: access.environment,
		...access.signal === void 0 ? {} : { signal: access.signal }
	};
}
// src/registry/engine.ts
const DEFAULT_HOST = "unix:///var/run/docker.sock";
const ANSWER_SECONDS$1 = 30;
const ANSWER_LIMIT = 16777216;
/**
* Asks docker's engine whether it is there. We speak to it ourselves: skopeo does not look at DOCKER_HOST, and the versions
* in Debian 12 and Ubuntu 24.04 speak a version of its API that Docker 25 and 29 refuse (skopeo issues 2202 and 2802).
*
* @throws HostError when it does not answer
*/
async function requireEngine(access) {
	await ask(access, {
		path: "/_ping",
		silenceSeconds: ANSWER_SECONDS$1
	});
}
/**
* Writes an image to an archive as `docker save` does.
*
* @param target a file that is not there yet
* @returns undefined, or why the engine does not give it, in its words, and whether that is for it has no such image
* @throws HostError when it does not answer, or the disk is full
*/
async function saveImage(name, target, access) {
	const { status, text } = await ask(access, {
		path: `/images/${name}/get`,
		target
	});
	if (status === 200) return void 0;
	const reason = String(parsedLine(text)?.["message"] ?? `it answered with status ${status}`);
	return {
		isMissing: status === 404,
		reason
	};
}
async function ask(access, { path, body, target, silenceSeconds }) {
	const { environment, signal } = access;
	const host = environment["DOCKER_HOST"] || DEFAULT_HOST;
	const { options, secure } = await connection(host, environment);
	const request$3 = (secure ? request$1 : request)({
		...options,
		path,
		method: body ? "POST" : "GET",
		...body ? { headers: { "content-type": "application/x-tar" } } : {},
		agent: false,
		...silenceSeconds === void 0 ? {} : { timeout: silenceSeconds * 1e3 },
		...signal === void 0 ? {} : { signal }
	});
	const source = body && watched(body);
	request$3.once("timeout", () => request$3.destroy(/* @__PURE__ */ new Error(`no answer within ${silenceSeconds} s`)));
	try {
		const answered = once(request$3, "response");
		const sent = source ? pipeline(Readable.from(source.chunks), request$3) : request$3.end();
		if (sent instanceof Promise) sent.catch(() => {});
		const [response] = await answered;
		const status = response.statusCode ?? 0;
		return {
			status,
			text: await (status === 200 && target ? saved(response, target) : textOf$1(response))
		};
	} catch (error) {
		signal?.throwIfAborted();
		if (error instanceof HostError) throw error;
		if (source?.failure) throw source.failure.reason;
		throw error instanceof Error ? unreachable(error, host) : error;
	} finally {
		request$3.destroy();
	}
}
/** An archive that remembers why it failed: the connection says only that it ended. */
function watched(body) {
	const source = { chunks: passed() };
	async function* passed() {
		try {
			yield* body;
		} catch (reason) {
			source.failure = { reason };
			throw reason;
		}
	}
	return source;
}
function unreachable(error, host) {
	const code = "code" in error ? String(error.code) : error.message;
	if (code === "EACCES" || code === "EPERM") return new HostError("host-docker", `this user may not talk to docker's daemon at ${host}`, "run as root, or let an administrator add the user to the group docker");
	return new HostError("host-docker", `docker's daemon does not answer at ${host} (${code})`, "start it, or set DOCKER_HOST to where it listens");
}
/** How DOCKER_HOST is read: docs.docker.com, "Use environment variables with the docker CLI". */
async function connection(host, environment) {
	const unfit = new HostError("host-docker", `DOCKER_HOST is ${host}, which we cannot speak to`, "set it to unix://SOCKET or tcp://HOST");
	if (host.startsWith("unix://")) return {
		options: { socketPath: host.slice(7) },
		secure: false
	};
	const url = URL.canParse(host) ? new URL(host) : void 0;
	if (url === void 0 || ![
		"tcp:",
		"http:",
		"https:"
	].includes(url.protocol)) throw unfit;
	const secure = url.protocol === "https:" || url.protocol === "tcp:" && Boolean(environment["DOCKER_TLS_VERIFY"]);
	const at = {
		host: url.hostname.replace(/^\[|\]$/g, ""),
		port: Number(url.port || (secure ? 2376 : 2375))
	};
	if (!secure) return {
		options: at,
		secure
	};
	const folder = environment["DOCKER_CERT_PATH"] || join(environment["HOME"] ?? "", ".docker");
	const [ca, cert, key] = await Promise.all([
		"ca.pem",
		"cert.pem",
		"key.pem"
	].map((name) => readFile(join(folder, name)).catch(() => void 0)));
	const files = {
		...ca ? { ca } : {},
		...cert ? { cert } : {},
		...key ? { key } : {}
	};
	return {
		options: {
			...at,
			...files
		},
		secure
	};
}
async function saved(response, target) {
	await pipeline(response, createWriteStream(target, { flags: "wx" })).catch((error) => {
		throw spaceError(error, dirname(target));
	});
	return "";
}
async function textOf$1(response) {
	const chunks = [];
	let bytes = 0;
	for await (const chunk of response) {
		bytes += chunk.length;
		if (bytes <= ANSWER_LIMIT) chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString("utf8");
}
function parsedLine(line) {
	try {
		const value = JSON.parse(line);
		return isJsonObject(value) ? value : void 0;
	} catch {
		return;
	}
}
// src/oci/store/blob.ts
const WRITE_BYTES = 65536;
/**
* Writes a blob: to a temporary name, hashed on the way; whole, it gets the name of its digest. On any error, of the
* source too, the temporary file is gone. It does not wait for the machine's storage, which takes as long as compressing:
* layouts are written in work folders, which nobody looks at after a power failure, and `syncFile` is there for exports.
*
* @param folder `blobs/sha256` of a layout
* @param digestOfAll of the bytes, asked at the end, where the source hashes them anyway
* @throws HostError when the disk is full; other errors are passed on
*/
async function writeBlob(folder, source, digestOfAll) {
	const hash = createHash("sha256");
	let sizeBytes = 0;
	const counted = async function* () {
		for await (const chunk of source) {
			if (digestOfAll === void 0) hash.update(chunk);
			sizeBytes += chunk.length;
			yield chunk;
		}
	};
	const temporary = await writeTemporary(folder, counted());
	const digest = digestOfAll?.() ?? `sha256:${hash.digest("hex")}`;
	await publish(temporary, join(folder, digestHex(digest)));
	return {
		digest,
		sizeBytes
	};
}
/** As `replaceFile`, without waiting for the disk: for layouts in work folders. */
async function putFile(folder, name, content) {
	await publish(await writeTemporary(folder, [content]), join(folder, name));
}
async function writeTemporary(folder, source) {
	const path = join(folder, temporaryName());
	try {
		await using file = await open(path, "wx", 420);
		for await (const chunk of source) writeAll(file, chunk);
		return path;
	} catch (error) {
		await rm(path, { force: true });
		throw spaceError(error, folder);
	}
}
/**
* In small pieces and at once: writing goes to memory, and a kernel that is handed 1 MiB looks for as much memory in one
* piece, which took it eight times as long (Linux 6.18, ext4). Each piece given to another thread would cost more than
* writing it.
*/
function writeAll(file, chunk) {
	for (let done = 0; done < chunk.length;) done += writeSync(file.fd, chunk, done, Math.min(WRITE_BYTES, chunk.length - done));
}
async function publish(temporary, path) {
	try {
		await rename(temporary, path);
	} catch (error) {
		await rm(temporary, { force: true });
		throw error;
	}
}
// src/registry/target/beside.ts
/**
* What is in a folder, undefined where nothing is there.
*
* @param kind what it has to be able to hold, for the error: `an OCI layout`
* @throws HostError when it is no folder that can be read
*/
async function namesIn(folder, kind) {
	return await readdir(folder).catch((error) => {
		if (error.code === "ENOENT") return void 0;
		throw new HostError("host-destination", `${folder} cannot be used as ${kind} (${error.code})`, "export to another folder");
	});
}
// src/oci/packing/decompression.ts
const CHUNK_BYTES$4 = 1048576;
/** The tar in a layer of OCI's media types; undefined for any other type. Broken content makes the stream fail. */
function decompressor(mediaType) {
	const buffers = {
		highWaterMark: CHUNK_BYTES$4,
		chunkSize: CHUNK_BYTES$4 / 4
	};
	switch (mediaType) {
		case mediaTypes.layer: return new PassThrough({ highWaterMark: CHUNK_BYTES$4 });
		case mediaTypes.layerGzip: return createGunzip(buffers);
		case mediaTypes.layerZstd: return createZstdDecompress(buffers);
		default: return;
	}
}
// src/oci/packing/zstdframes.ts
/** What is no whole zstd stream. */
var ZstdError = class extends Error {
	name = "ZstdError";
};
const FRAME_START = {
	field: "magic",
	bytes: 4,
	hasChecksum: false,
	isLastBlock: false
};
const FRAME_MAGIC = 4247762216;
const SKIPPABLE_MAGIC = 407710288;
/**
* Cuts a zstd stream so that no chunk holds bytes of two frames: Node's decompressor silently drops what follows a frame
* in the same chunk (seen with 24.21), and layers of podman (zstd:chunked) have a frame per file. RFC 8878, section 3.1.
*
* @throws ZstdError when something else than frames is in the stream, or the last one is cut
*/
async function* zstdFrameChunks(source) {
	let position = FRAME_START;
	let taken = 0;
	let value = 0;
	for await (const chunk of source) {
		let start = 0;
		let at = 0;
		while (at < chunk.length) {
			const step = Math.min(position.bytes - taken, chunk.length - at);
			for (let i = 0; i < step && taken + i < 4; i++) value += (chunk[at + i] ?? 0) * 2 ** (8 * (taken + i));
			at += step;
			taken += step;
			if (taken < position.bytes) continue;
			position = nextPosition(position, value);
			taken = 0;
			value = 0;
			if (position !== FRAME_START) continue;
			yield chunk.subarray(start, at);
			start = at;
		}
		if (start < chunk.length) yield chunk.subarray(start);
	}
	if (position !== FRAME_START || taken > 0) throw new ZstdError("the last zstd frame is cut");
}
/** @param value of the field that has just ended, little-endian, its first four bytes */
function nextPosition(ended, value) {
	switch (ended.field) {
		case "magic":
			if (value === FRAME_MAGIC) return {
				...ended,
				field: "descriptor",
				bytes: 1
			};
			if (value - value % 16 === SKIPPABLE_MAGIC) return {
				...ended,
				field: "skippableSize",
				bytes: 4
			};
			throw new ZstdError("it is no zstd frame");
		case "descriptor": return {
			...ended,
			field: "header",
			bytes: headerBytes(value),
			hasChecksum: (value & 4) !== 0
		};
		case "header": return {
			...ended,
			field: "block",
			bytes: 3
		};
		case "block": return afterBlockHeader(ended, value);
		case "body": return afterBlock(ended);
		case "skippableSize": return value === 0 ? FRAME_START : {
			...ended,
			field: "skippable",
			bytes: value
		};
		case "checksum":
		case "skippable": return FRAME_START;
	}
}
/** Window descriptor, dictionary ID and content size: section 3.1.1.1. */
function headerBytes(descriptor) {
	const isSingleSegment = (descriptor & 32) !== 0;
	const contentSize = [
		isSingleSegment ? 1 : 0,
		2,
		4,
		8
	][descriptor >> 6] ?? 0;
	const dictionary = [
		0,
		1,
		2,
		4
	][descriptor & 3] ?? 0;
	return (isSingleSegment ? 0 : 1) + dictionary + contentSize;
}
/** Section 3.1.1.2: bit 0 says last, bits 1 and 2 the type (1 repeats one byte, 3 is reserved), the rest the size. */
function afterBlockHeader(ended, header) {
	const type = header >> 1 & 3;
	if (type === 3) throw new ZstdError("a zstd block has the reserved type");
	const bytes = type === 1 ? 1 : header >> 3;
	const block = {
		...ended,
		isLastBlock: (header & 1) !== 0
	};
	return bytes === 0 ? afterBlock(block) : {
		...block,
		field: "body",
		bytes
	};
}
function afterBlock(block) {
	if (!block.isLastBlock) return {
		...block,
		field: "block",
		bytes: 3
	};
	return block.hasChecksum ? {
		...block,
		field: "checksum",
		bytes: 4
	} : FRAME_START;
}
// src/oci/packing/packing.ts
const MAGICS = [
	["gzip", "1f8b"],
	["zstd", "28b52ffd"],
	["xz", "fd377a585a00"],
	["bzip2", "425a68"]
];
const MAGIC_BYTES = 6;
const CHUNK_BYTES$3 = 1048576;
/** How a file is packed, by its first bytes; undefined where it is not. */
async function packingOf(path) {
	await using file = await open(path, "r");
	const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
	const head = buffer.toString("hex", 0, bytesRead);
	return MAGICS.find(([, magic]) => head.startsWith(magic))?.[0];
}
/** Broken content of what Node unpacks: its own codes, and what we say of frames of zstd. */
function isUnpackingError(error) {
	if (error instanceof ZstdError) return true;
	if (!(error instanceof Error)) return false;
	const code = "code" in error ? String(error.code) : "";
	return /^(Z_|ZSTD_|ERR_ZSTD|ERR_ZLIB)/.test(code);
}
/**
* Reads what a packed file holds, of the two kinds that Node unpacks itself, in constant memory.
*
* @param use reads to the end or throws
* @throws Error of the decompressor for broken content; AbortError after `signal`
*/
async function readUnpacked(path, packing, use, signal) {
	await using file = await open(path, "r");
	const packed = file.createReadStream({
		autoClose: false,
		highWaterMark: CHUNK_BYTES$3,
		start: 0
	});
	const buffers = {
		highWaterMark: CHUNK_BYTES$3,
		chunkSize: CHUNK_BYTES$3 / 4
	};
	const unpacking = packing === "gzip" ? createGunzip(buffers) : createZstdDecompress(buffers);
	const source = packing === "gzip" ? packed : Readable.from(zstdFrameChunks(packed), { objectMode: false });
	await pipeline(source, unpacking, use, { ...signal === void 0 ? {} : { signal } });
}
/** Writes what a packed file holds to `target`, which is not there yet. Throws what `readUnpacked` does, and HostError where the disk is full. */
async function unpackFile(path, packing, target, signal) {
	await readUnpacked(path, packing, (content) => written(content, target), signal);
}
async function written(content, target) {
	await writeFile(target, content, { flag: "wx" }).catch((error) => {
		throw spaceError(error, dirname(target));
	});
}
// src/oci/tar/paxrecords.ts
/**
* The records `LENGTH KEYWORD=VALUE\n` of an extended header; an empty value takes back what was said for all entries.
*
* @param failed makes the error to throw
*/
function paxRecords(bytes, failed) {
	const records = /* @__PURE__ */ new Map();
	for (let at = 0; at < bytes.length;) {
		const space = bytes.indexOf(32, at);
		const digits = space < 0 ? "" : bytes.toString("latin1", at, space);
		const length = /^\d{1,7}$/.test(digits) ? Number(digits) : 0;
		const end = at + length;
		if (end <= space + 1 || end > bytes.length || bytes[end - 1] !== 10) throw failed("a record of its extended header is broken");
		const equals = bytes.indexOf(61, space);
		if (equals < 0 || equals >= end) throw failed("a record of its extended header has no keyword");
		records.set(bytes.toString("utf8", space + 1, equals), bytes.toString("utf8", equals + 1, end - 1));
		at = end;
	}
	return records;
}
// src/oci/tar/tarreader.ts
/** Why a tar cannot be read, as the end of a sentence. */
var TarError = class extends Error {
	name = "TarError";
};
const BLOCK_BYTES$2 = 512;
/** Of a header that stands for another one: Go's archive/tar has the same limit. */
const SPECIAL_LIMIT_BYTES = 1048576;
const KINDS = /* @__PURE__ */ new Map([
	["0", "file"],
	["\0", "file"],
	["7", "file"],
	["S", "file"],
	["1", "link"],
	["2", "symlink"],
	["5", "directory"]
]);
/** Types that have no content whatever their size says; Go's archive/tar `isHeaderOnly`, which unpacks layers everywhere. */
const HEADER_ONLY = "123456";
/**
* The entries of a tar, in their order: v7, ustar, POSIX pax, old and new GNU, star; numbers in base 256, sparse files.
* The source is read to the end of the archive and no further.
*
* @throws TarError when it is cut, a checksum is wrong, or a header makes no sense
*/
async function* tarItems(source) {
	let global = /* @__PURE__ */ new Map();
	let announced = { pax: /* @__PURE__ */ new Map() };
	for (let number = 1;; number++) {
		const header = await nextHeader(source, number);
		if (header === void 0) return;
		const type = String.fromCharCode(header[156] ?? 0);
		if (type === "x" || type === "g" || type === "L" || type === "K") {
			const special = await specialContent(source, header, number);
			if (type === "g") global = new Map([...global, ...paxRecords(special, failure(number))]);
			else if (type === "x") announced = {
				...announced,
				pax: paxRecords(special, failure(number))
			};
			else if (type === "L") announced = {
				...announced,
				longName: cString(special)
			};
			continue;
		}
		const pax = new Map([...global, ...announced.pax]);
		const item = itemOf(header, {
			...announced,
			pax
		}, number);
		announced = { pax: /* @__PURE__ */ new Map() };
		yield item;
		if (type === "S") await skipSparseMap(source, header, number);
		if (!await source.skip(item.sizeBytes)) throw failure(number)("its content is cut");
		await source.skip(padded(item.sizeBytes) - item.sizeBytes);
	}
}
/** The next header; undefined at the end: a block of zeros, or no more bytes. */
async function nextHeader(source, number) {
	const header = await source.read(BLOCK_BYTES$2);
	if (header.length === 0) return void 0;
	if (header.length < BLOCK_BYTES$2) throw failure(number)("its header is cut");
	if (header.some((byte) => byte !== 0)) {
		checkSum(header, number);
		return header;
	}
	if ((await source.read(BLOCK_BYTES$2)).some((byte) => byte !== 0)) throw failure(number)("a block of zeros stands in the middle");
}
/** Signed sums are those of old Suns. */
function checkSum(header, number) {
	let unsigned = 256;
	let signed = 256;
	for (let at = 0; at < BLOCK_BYTES$2; at++) {
		if (at >= 148 && at < 156) continue;
		unsigned += header.readUInt8(at);
		signed += header.readInt8(at);
	}
	const wanted = octal(header.subarray(148, 156));
	if (wanted !== unsigned && wanted !== signed) throw failure(number)("the checksum of its header is wrong");
}
async function specialContent(source, header, number) {
	const sizeBytes = numberAt(header, 124, 12, number);
	if (sizeBytes > SPECIAL_LIMIT_BYTES) throw failure(number)(`its extended header has ${sizeBytes} bytes`);
	const content = await source.read(padded(sizeBytes));
	if (content.length < padded(sizeBytes)) throw failure(number)("its extended header is cut");
	return content.subarray(0, sizeBytes);
}
function itemOf(header, { longName, pax }, number) {
	const type = String.fromCharCode(header[156] ?? 0);
	const path = pax.get("GNU.sparse.name") || pax.get("path") || longName || ownPath(header);
	const given = pax.get("size");
	const announcedBytes = given ? decimal(given, number) : numberAt(header, 124, 12, number);
	return {
		path,
		kind: type === "\0" && path.endsWith("/") ? "directory" : KINDS.get(type) ?? "other",
		sizeBytes: HEADER_ONLY.includes(type) ? 0 : announcedBytes
	};
}
/** The name in the header itself; GNU's has other things in place of ustar's prefix, star's ends earlier. */
function ownPath(header) {
	const name = cString(header.subarray(0, 100));
	if (header.toString("latin1", 257, 263) !== "ustar\0") return name;
	const isStar = header.toString("latin1", 508, 512) === "tar\0";
	const prefix = cString(header.subarray(345, isStar ? 476 : 500));
	return prefix === "" ? name : `${prefix}/${name}`;
}
/** Old GNU: where a map of holes does not fit the header, blocks of it follow; tar.h `struct sparse_header`. */
async function skipSparseMap(source, header, number) {
	for (let more = header[482]; more !== 0;) {
		const block = await source.read(BLOCK_BYTES$2);
		if (block.length < BLOCK_BYTES$2) throw failure(number)("its map of holes is cut");
		more = block[504];
	}
}
function numberAt(header, at, length, number) {
	const field = header.subarray(at, at + length);
	const value = ((field[0] ?? 0) & 128) === 0 ? octal(field) : base256(field);
	if (!Number.isSafeInteger(value) || value < 0) throw failure(number)("the size in its header is no number");
	return value;
}
/** NaN where it is none; an empty field is 0. */
function octal(field) {
	const digits = cString(field).trim();
	if (digits === "") return 0;
	return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : NaN;
}
/** GNU's way for large numbers; the second bit is the sign. */
function base256(field) {
	const first = field[0] ?? 0;
	if ((first & 64) !== 0) return NaN;
	return field.subarray(1).reduce((value, byte) => value * 256 + byte, first & 63);
}
function decimal(text, number) {
	const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
	if (!Number.isSafeInteger(value)) throw failure(number)("the size in its extended header is no number");
	return value;
}
function cString(field) {
	const end = field.indexOf(0);
	return field.toString("utf8", 0, end < 0 ? field.length : end);
}
function padded(sizeBytes) {
	return Math.ceil(sizeBytes / BLOCK_BYTES$2) * BLOCK_BYTES$2;
}
function failure(number) {
	return (reason) => new TarError(`entry ${number}: ${reason}`);
}
// src/oci/store/content.ts
const CHUNK_BYTES$2 = 1048576;
/** Reads a manifest or config whole and checks it against its descriptor. */
async function documentContent(path, descriptor) {
	return await withBlob(path, descriptor, async (file) => {
		if (descriptor.size > 4194304) return { violations: ["is larger than 4 MiB"] };
		const chunks = await Array.fromAsync(fileChunks(file, descriptor.size));
		const bytes = Buffer.concat(chunks);
		return {
			violations: digestViolations(descriptor, sha256(chunks)),
			bytes
		};
	});
}
/** Reads nothing: whether the blob is there, with its size. */
async function presentContent(path, descriptor) {
	return await withBlob(path, descriptor, async () => ({ violations: [] }));
}
/** Reads a blob once, for its digest alone. */
async function blobContent$1(path, descriptor, signal) {
	return await withBlob(path, descriptor, async (file) => ({ violations: digestViolations(descriptor, await fileSha256(file, descriptor.size, signal)) }));
}
/**
* Reads a layer once: digest of the blob and of what it decompresses to.
*
* @param look reads the tar on the way, as far as it likes; a TarError of it is a violation
*/
async function layerContent(path, descriptor, signal, look = async () => {}) {
	return await withBlob(path, descriptor, async (file) => {
		const decompressing = decompressor(descriptor.mediaType);
		if (decompressing === void 0) return { violations: [`has the media type ${descriptor.mediaType}, no OCI layer`] };
		const blobHash = createHash("sha256");
		const diffHash = createHash("sha256");
		let read = 0;
		const hashed = async function* () {
			for await (const chunk of fileChunks(file, descriptor.size)) {
				blobHash.update(chunk);
				read += chunk.length;
				yield chunk;
			}
		};
		const isZstd = descriptor.mediaType === mediaTypes.layerZstd;
		const chunks = Readable.from(isZstd ? zstdFrameChunks(hashed()) : hashed(), { objectMode: false });
		const hashing = async (tar) => {
			const hashedTar = hashedChunks(tar, diffHash);
			await look(hashedTar);
			for await (const _ of hashedTar);
		};
		try {
			await pipeline(chunks, decompressing, hashing, { ...signal === void 0 ? {} : { signal } });
		} catch (error) {
			signal?.throwIfAborted();
			const isTar = error instanceof TarError;
			if (!isTar && !isUnpackingError(error)) throw error;
			return { violations: [isTar ? `is no valid tar (${error.message})` : `cannot be decompressed as ${descriptor.mediaType} (${error.message})`, ...digestViolations(descriptor, await fileSha256(file, descriptor.size))] };
		}
		return {
			violations: digestViolations(descriptor, read === descriptor.size ? `sha256:${blobHash.digest("hex")}` : await fileSha256(file, descriptor.size)),
			diffID: `sha256:${diffHash.digest("hex")}`
		};
	});
}
/** Opens the blob as what it has to be: a regular file of the announced size, no link to elsewhere. */
async function withBlob(path, descriptor, look) {
	try {
		await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
		const stat = await file.stat();
		if (!stat.isFile()) return { violations: ["is not a regular file"] };
		if (stat.size !== descriptor.size) return { violations: [`has ${stat.size} bytes instead of ${descriptor.size}`] };
		return await look(file);
	} catch (error) {
		const code = error instanceof Error && "code" in error ? error.code : void 0;
		if (code === "ENOENT") return { violations: ["is missing"] };
		if (code === "ELOOP" || code === "ENXIO") return { violations: ["is not a regular file"] };
		throw error;
	}
}
async function* fileChunks(file, sizeBytes) {
	for (let offset = 0; offset < sizeBytes;) {
		const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES$2, sizeBytes - offset));
		const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
		if (bytesRead === 0) return;
		yield buffer.subarray(0, bytesRead);
		offset += bytesRead;
	}
}
async function fileSha256(file, sizeBytes, signal) {
	const hash = createHash("sha256");
	const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES$2, sizeBytes));
	for (let offset = 0; offset < sizeBytes;) {
		signal?.throwIfAborted();
		const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, sizeBytes - offset), offset);
		if (bytesRead === 0) break;
		hash.update(buffer.subarray(0, bytesRead));
		offset += bytesRead;
	}
	return `sha256:${hash.digest("hex")}`;
}
function sha256(chunks) {
	const hash = createHash("sha256");
	for (const chunk of chunks) hash.update(chunk);
	return `sha256:${hash.digest("hex")}`;
}
function digestViolations(descriptor, digest) {
	return digest === descriptor.digest ? [] : [`holds ${digest}`];
}
// src/registry/target/foldertarget.ts
/** c/image directory/directory_dest.go. */
const MARK = "Directory Transport Version: ";
/** Whether a folder is empty or holds an image in the form of `dir:`. */
async function isImageFolder(folder, names) {
	if (names.length === 0) return true;
	return (await readFile(join(folder, "version"), "utf8").catch(() => "")).startsWith(MARK);
}
// src/oci/index/index.ts
const ENTRY_LIMIT = 500;
const MEMBERS = [
	"schemaVersion",
	"mediaType",
	"artifactType",
	"manifests",
	"subject",
	"annotations"
];
const FOREIGN_MEMBERS = [
	"config",
	"layers",
	"fsLayers",
	"history"
];
/**
* The index in the bytes that others wrote.
*
* @param expectedMediaType what the registry or the descriptor called it; left out, the index's own word counts
* @param subject names it in the error: `the index of ghcr.io/acme/x`
* @throws ImageError with all violations, by the same limits and rules as `parseManifest`
*/
function parseIndex(bytes, expectedMediaType, subject = "the index") {
	const document = parseDocument$2(bytes, subject);
	const violations = indexViolations(document, expectedMediaType);
	if (violations.length > 0) throw new ImageError("image-invalid", subject, violations);
	const { artifactType, annotations } = document;
	return {
		schemaVersion: 2,
		mediaType: mediaTypeOf(document, expectedMediaType) ?? mediaTypes.index,
		...artifactType === void 0 ? {} : { artifactType },
		manifests: document["manifests"].map(descriptorFrom),
		...annotations === void 0 ? {} : { annotations }
	};
}
function indexViolations(document, announced) {
	const { manifests } = document;
	const violations = [
		...document["schemaVersion"] === 2 ? [] : ["its schemaVersion is not 2"],
		...mediaTypeViolations(document, announced, [mediaTypes.index, mediaTypes.dockerList]),
		...FOREIGN_MEMBERS.filter((member) => member in document).map((member) => `it has ${member}, which no index has`),
		...miswrittenNames(document, MEMBERS).map((name) => `it has ${name}, written in another case`),
		...artifactTypeViolations(document),
		...annotationViolations(document["annotations"], "it")
	];
	if (!Array.isArray(manifests)) return [...violations, "it has no manifests"];
	if (manifests.length > ENTRY_LIMIT) return [...violations, `it has ${manifests.length} entries, more than ${ENTRY_LIMIT}`];
	return [...violations, ...manifests.flatMap((entry, at) => descriptorViolations(entry, `entry ${at + 1}`))];
}
/**
* The entry of an index to take, by the rules of containerd and c/image: the exact variant before lesser ones before
* none (`arm64` and `arm64/v8` are one), the first of several equals, and an entry without platform as the last resort.
*
* @returns undefined when no entry is for the platform
*/
function matchingDescriptor(entries, wanted) {
	const ofKind = entries.filter(({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture);
	for (const variant of acceptedVariants(wanted)) {
		const match = ofKind.find(({ platform }) => (platform?.variant ?? "") === variant);
		if (match) return match;
	}
	return entries.find(({ platform }) => platform === void 0);
}
// src/oci/store/layout.ts
const LAYOUT_VERSION = "1.0.0";
/** Valid on the descriptors of index.json: the name by which skopeo and others find an image in a layout. */
const REF_NAME = "org.opencontainers.image.ref.name";
const READ_BYTES$1 = 1048576;
/** What the file `oci-layout` holds. */
function layoutMark() {
	return documentBytes({ imageLayoutVersion: LAYOUT_VERSION });
}
/** Makes the folder, those above it, and what every layout has but an index. What is there already stays. */
async function createLayout(folder) {
	const blobs = join(folder, "blobs", "sha256");
	await makeFolder(blobs);
	if (!await isThere(join(folder, "oci-layout"))) await putFile(folder, "oci-layout", layoutMark());
	return {
		folder,
		blobs
	};
}
/** Where the blob is, or would be. */
function blobPath(folder, digest) {
	return join(folder, "blobs", "sha256", digestHex(digest));
}
/** Writes a small blob: a config, a manifest. */
async function putBlob(layout, bytes) {
	return (await writeBlob(layout.blobs, [bytes])).digest;
}
/**
* Puts a file into the layout of a work folder under the name of its content: by hard link where that can be, else by a
* copy, which is checked.
*
* @param digest what the file holds; a link is trusted here, whoever takes the blob out of the layout hashes it
* @throws ImageError when the file is no regular file, or a copy has another digest; HostError when the disk is full
*/
async function linkBlob({ blobs: folder }, file, digest) {
	const subject = `the blob ${digest}`;
	if (!(await lstat(file)).isFile()) throw new ImageError("image-damaged", subject, [`${file} is not a regular file`]);
	try {
		await link(file, join(folder, digestHex(digest)));
	} catch (error) {
		const code = error instanceof Error && "code" in error ? String(error.code) : "";
		if (code === "EEXIST") return;
		if (![
			"EXDEV",
			"EPERM",
			"EMLINK",
			"ENOSYS",
			"ENOTSUP"
		].includes(code)) throw spaceError(error, folder);
		await copyContent(folder, file, digest);
	}
}
async function copyContent(folder, file, digest) {
	await using source = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
	const written = await writeBlob(folder, source.createReadStream({
		autoClose: false,
		highWaterMark: READ_BYTES$1
	}));
	if (written.digest !== digest) throw new ImageError("image-damaged", `the blob ${digest}`, [`${file} holds ${written.digest}`]);
}
/** Names what is in the layout, in one step; replaces the names there were. */
async function writeIndex(layout, manifests) {
	await putFile(layout.folder, "index.json", indexText(manifests));
}
/** What the file `index.json` of a layout of ours holds. */
function indexText(manifests) {
	return documentBytes({
		schemaVersion: 2,
		mediaType: mediaTypes.index,
		manifests
	});
}
// src/registry/target/layouttarget.ts
/** @throws HostError when the folder holds something else than a layout; ImageError when its index is none */
async function readLayoutIndex(folder) {
	const names = await namesIn(folder, "an OCI layout") ?? [];
	if (names.length > 0 && !names.includes("oci-layout")) throw new HostError("host-destination", `${folder} holds something else than an OCI layout`, "export to an empty folder or to a layout");
	if (!names.includes("index.json")) return {};
	return parseDocument$2(await readFile(join(folder, "index.json")), `the index of ${folder}`);
}
// src/registry/target/targetnames.ts
/**
* The names that an image gets in the index.json of a layout or of its archive: the one in the destination's text, else
* the container's own. Where the text says the container's main name, the further names come along.
*
* The main name stands as its plain tag, as skopeo asks for it (KIWI writes `NAME:TAG`); a further one of another
* repository as `REPOSITORY:TAG`. The whole name stands beside it, for podman and containerd.
*
* @returns none for an image without a name
*/
function indexNames({ name }, names) {
	const [main] = names;
	const own = names.map((each) => {
		const text = containerNameText(each);
		const whole = fullName(text);
		return {
			ref: each.repository === main?.repository ? each.tag : text,
			...whole === void 0 ? {} : { whole }
		};
	});
	const isMain = main !== void 0 && (name === main.tag || name === containerNameText(main));
	if (name !== void 0 && !isMain) return [{ ref: name }];
	const taken = own.map((each, position) => name === void 0 || position > 0 ? each : {
		...each,
		ref: name
	});
	return [...new Map(taken.map((each) => [each.ref, each])).values()];
}
/** The names of `indexNames` as one asks for them behind the path. */
function refNames(destination, names) {
	return indexNames(destination, names).map(({ ref }) => ref);
}
/** Why an image cannot have its names at a destination: one sentence that says which name, the first that it cannot have. */
function nameProblem(destination, names) {
	const { transport, path, name } = destination;
	switch (transport) {
		case "oci":
		case "oci-archive": {
			const unfit = refNames(destination, names).find((each) => !isRefName(each));
			if (unfit === void 0) return void 0;
			return `'${unfit}' cannot be the name of an image in a layout: write ${transport}:PATH:REF`;
		}
		case "docker-archive": return firstProblem(chosenTexts(name, names));
		case "docker-daemon": return firstProblem(chosenTexts(path, names));
		case "containers-storage": {
			const { name: inStore } = storageParts(path);
			return isPlain(inStore) ? firstProblem(chosenTexts(inStore, names)) : void 0;
		}
		default: return;
	}
}
function chosenTexts(text, names) {
	const own = names.map(containerNameText);
	if (text === void 0) return own;
	return own[0] !== void 0 && fullName(text) === fullName(own[0]) ? own : [text];
}
function firstProblem(texts) {
	return texts.map(dockerNameProblem).find((problem) => problem !== void 0);
}
function fullName(text) {
	const parsed = parseReference(text);
	return typeof parsed === "string" ? void 0 : referenceText({
		...parsed,
		tag: parsed.tag ?? "latest"
	});
}
// src/registry/target/sameplace.ts
/**
* Which destinations would undo an earlier one, as one sentence each; undefined for those that do not. Several names in
* one layout are no harm.
*/
async function collisions(destinations, names) {
	const places = await Promise.all(destinations.map(async (destination) => ({
		destination,
		path: await placeOf$1(destination)
	})));
	return places.map((place, index) => {
		const other = places.slice(0, index).find((earlier) => collide(earlier, place, names));
		if (other === void 0) return void 0;
		return `it goes to the same place as ${plainName(other.destination)}: leave one of the two out, or choose another place`;
	});
}
/** Which destinations would replace a file that the job reads, as one sentence each; undefined for those that do not. */
async function replacements(destinations, files) {
	const read = await Promise.all(files.map((file) => withoutLinks(resolve(file))));
	return await Promise.all(destinations.map(async (destination) => {
		const place = await placeOf$1(destination);
		const at = destination.transport === "oci" || place === void 0 ? -1 : read.indexOf(place);
		return at < 0 ? void 0 : `it would replace ${files[at]}, which is read: choose another place`;
	}));
}
function collide(one, other, names) {
	if (one.path === void 0 || other.path === void 0) return plainName(one.destination) === plainName(other.destination);
	if (one.path !== other.path) return isWithin$2(one.path, other.path) || isWithin$2(other.path, one.path);
	if (one.destination.transport !== "oci" || other.destination.transport !== "oci") return true;
	const taken = namesOf(one.destination, names);
	return namesOf(other.destination, names).some((name) => taken.includes(name));
}
function namesOf(destination, names) {
	const own = refNames(destination, names);
	return own.length === 0 ? [""] : own;
}
function isWithin$2(path, folder) {
	return path.startsWith(`${folder}${sep}`);
}
async function placeOf$1(destination) {
	const { transport } = destination;
	if (transport === "docker" || transport === "docker-daemon" || transport === "containers-storage") return void 0;
	return await withoutLinks(resolve(destination.path));
}
async function withoutLinks(path) {
	const real = await realpath(path).catch(() => void 0);
	if (real !== void 0 || dirname(path) === path) return real ?? path;
	return join(await withoutLinks(dirname(path)), basename(path));
}
// src/registry/target/staging.ts
/** Throws HostError when skopeo could not work in what `stageTree` makes. */
function checkStagingPlace({ tmpFolder }) {
	folderName("oci", tmpFolder);
}
// src/registry/target/storagetarget.ts
/**
* Why this user has no storage to write to, as skopeo says it; undefined when there is one.
*
* @param name as skopeo takes it, behind `containers-storage:`
*/
async function storageProblem(name, access) {
	const to = `containers-storage:${name}`;
	try {
		await readManifest(to, access, targetPurpose(to, to));
		return;
	} catch (error) {
		if (!(error instanceof RefusedError)) throw error;
		return /does not resolve to an image ID|identifier is not an image/.test(error.message) ? void 0 : error.refusal.reason;
	}
}
// src/registry/login/realm.ts
/** docker.io is answered by another host (c/image docker/docker_client.go, dockerHostname). */
const DOCKER_HOST = "registry-1.docker.io";
const ANSWER_SECONDS = 10;
const MOST_REDIRECTS = 5;
const REDIRECTS = [
	301,
	302,
	303,
	307,
	308
];
/** Registries whose logins are known to be checked under another domain of the same owner. */
const SAME_OWNER = {
	"scw.cloud": "scaleway.com",
	"docker.com": "docker.io"
};
/** Below a country's domain, what is nobody's own: `co.uk`. Names of two or three letters may well be somebody's. */
const SHARED = /^(ac|co|com|edu|gob|gouv|gov|go|govt|id|ltd|me|mil|ne|net|nhs|nom|or|org|plc|sch)$/;
/**
* Asks a registry, without any login, where it has logins checked: skopeo sends them to whatever address it names (the
* `realm`, distribution spec "token authentication"), also in clear and to anybody.
*
* @throws RegistryError where that is no place for a login of this registry
*/
async function checkRealm(registry, access) {
	const problem = (await askRealms(registry, access)).map((realm) => realmProblem(registry, realm)).find((each) => each !== void 0);
	if (problem === void 0) return;
	throw new RegistryError("registry-realm", `${registry} ${problem}`, {
		side: "target",
		reference: registry
	});
}
/** Why a login must not be sent where a registry wants it, and what to do; continues a sentence about the registry. */
function realmProblem(registry, { url, plain }) {
	const realm = URL.canParse(url) ? new URL(url) : void 0;
	if (realm === void 0) return `names no address where it has logins checked, but ${url}: check its name`;
	const [ours, theirs] = [hostOf(registry), realm.hostname];
	if (realm.protocol === "http:" ? plain && ours === theirs : realm.protocol === "https:" && sameOwner(ours, theirs)) return void 0;
	const clear = realm.protocol === "https:" ? "" : ", in clear";
	return `wants its logins sent to ${realm.origin}${clear}, which is not done: check the name of the registry, or log in there before with skopeo login and leave username and password out`;
}
function sameOwner(registry, realm) {
	const [ours, theirs] = [domainOf(registry), domainOf(realm)];
	return ours === theirs || SAME_OWNER[ours] === theirs;
}
/** What one owner has of a host name: the last two parts, three below `co.uk` and the like; all of an IP address. */
function domainOf(host) {
	if (/^[\d.]+$|[:[]/.test(host)) return host;
	const parts = host.toLowerCase().split(".");
	const [second = "", top = ""] = parts.slice(-2);
	return parts.slice(top.length === 2 && SHARED.test(second) ? -3 : -2).join(".");
}
function hostOf(registry) {
	return registry.replace(/:\d+$/, "");
}
/** @returns none where it names none, or does not answer, of which skopeo will tell */
async function askRealms(registry, access) {
	const host = registry === "docker.io" ? DOCKER_HOST : registry;
	for (const scheme of access.tlsVerify ? ["https"] : ["https", "http"]) {
		const answer = await challenge(`${scheme}://${host}/v2/`, access).catch(() => void 0);
		access.signal?.throwIfAborted();
		if (answer === void 0) continue;
		return answer.flatMap(bearerRealms).map((url) => ({
			url,
			plain: scheme === "http"
		}));
	}
	return [];
}
/**
* Every address that a header `WWW-Authenticate` names behind `Bearer`. skopeo takes the first header of a scheme that it
* knows, and of one name twice the last (c/image docker/wwwauthenticate.go): none of them may be wrong.
*/
function bearerRealms(header) {
	const start = header.search(/\bbearer\b/i);
	if (start < 0) return [];
	return [...header.slice(start).matchAll(/\brealm\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi)].map(([, quoted, token = ""]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? token);
}
async function challenge(url, access) {
	let asked = new URL(url);
	for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
		const { statusCode = 0, headers, headersDistinct } = await head(asked, access.signal);
		if (!REDIRECTS.includes(statusCode) || headers.location === void 0) return headersDistinct["www-authenticate"] ?? [];
		asked = new URL(headers.location, asked);
	}
	return [];
}
function head(url, signal) {
	return new Promise((resolve, reject) => {
		const options = {
			timeout: ANSWER_SECONDS * 1e3,
			rejectUnauthorized: false,
			...signal === void 0 ? {} : { signal }
		};
		const request$2 = (url.protocol === "https:" ? request$1 : request)(url, options, (answer) => {
			answer.resume();
			answer.once("error", () => {});
			resolve(answer);
			request$2.destroy();
		});
		request$2.once("timeout", () => request$2.destroy(/* @__PURE__ */ new Error("no answer")));
		request$2.once("error", reject);
		request$2.end();
	});
}
// src/registry/login/login.ts
const OWN_FILE = "auth.json";
const CHECK_FILE = "check.json";
/**
* Makes the logins of one job ready. A given login is tried at its registry and stands, with the user's other logins
* below it, in a file of our own (0600). The user's own files are only read.
*
* @throws RegistryError when the registry does not accept the login, or wants it sent to somebody else, InputError when `authfile` or the registry's name
*   is wrong, HostError when a file of logins cannot be read
*/
async function prepareLogins(request, access) {
	const { login, authfile } = request;
	const existing = await existingLogins(request);
	const closed = authfile === void 0 ? await closedFiles(request.files) : [];
	for (const file of closed) access.report.info(`${file} lies in a folder that is closed to us: it holds no login of ours`);
	const { logins: converted, forms } = await withStore(existing, request, access);
	const secrets = [...fileForms(converted), ...forms];
	if (!login) {
		const file = converted === existing && closed.length === 0 ? authfile : await writeLogins(request.folder, converted);
		return {
			...file === void 0 ? {} : { authfile: file },
			secrets
		};
	}
	const registry = parseRegistry(login.registry);
	if (typeof registry !== "string") throw new InputError([{
		where: "input registry",
		text: registry.problem
	}]);
	await checkRealm(registry, access);
	await tryLogin({
		...login,
		registry
	}, request.folder, access);
	return {
		authfile: await writeLogins(request.folder, withLogin(converted, {
			...login,
			registry
		})),
		secrets: [...secrets, ...loginForms(login)]
	};
}
/**
* Whether the logins of an access hold one for a repository, or a helper that may know it.
*
* @throws HostError when a file of logins cannot be read
*/
async function hasLogin(access, { registry, repository }) {
	return hasLoginFor(await mergedFiles(access.authfile === void 0 ? access.loginFiles ?? [] : [access.authfile]), `${registry}/${repository}`);
}
async function existingLogins(request) {
	const { authfile, files } = request;
	if (authfile === void 0) return await mergedFiles(files);
	const logins = await readLogins(authfile);
	if (logins) return logins;
	throw new InputError([{
		where: "input authfile",
		text: `there is no file ${authfile}: write the path of a file of logins`
	}]);
}
/** Files in folders that we may not enter: root's podman makes /run/containers so that no user's file can be in it. */
async function closedFiles(files) {
	const isClosed = async (file) => {
		const error = await stat(file).catch((thrown) => thrown);
		return error instanceof Error && error.code === "EACCES";
	};
	const closed = await Promise.all(files.map(isClosed));
	return files.filter((_, index) => closed[index]);
}
async function mergedFiles(files) {
	const closed = await closedFiles(files);
	const open = files.filter((file) => !closed.includes(file));
	return mergedLogins(await Promise.all(open.map(async (file) => await readLogins(file) ?? noLogins)));
}
async function readLogins(path) {
	const there = await stat(path).catch(() => void 0);
	if (there?.isFIFO() || there?.isSocket()) throw new HostError("host-logins", `the file of logins ${path} is a pipe`, "give a file");
	const text = await readFile(path, "utf8").catch((error) => {
		if (error.code === "ENOENT" || error.code === "ENOTDIR") return void 0;
		throw new HostError("host-logins", `the file of logins ${path} cannot be read (${error.code})`, "make it readable, or remove it");
	});
	return text === void 0 ? void 0 : parseLogins(text, path);
}
/**
* Docker's helper for all registries, said per registry as skopeo wants it; the same object where nothing changes.
*
* @returns the forms of what the helper answered, too
*/
async function withStore(logins, request, access) {
	const { credsStore: store } = logins;
	if (store === void 0) return {
		logins,
		forms: []
	};
	let result = logins;
	const forms = [];
	for (const registry of new Set(request.registries)) {
		if (registry === request.login?.registry || knowsLogin(logins, registry)) continue;
		const answer = await askHelper(store, registry === "docker.io" ? DOCKER_SERVER : registry, access);
		if (answer === void 0) continue;
		forms.push(...loginForms({
			username: answer.Username,
			password: answer.Secret
		}));
		result = registry === "docker.io" ? withAuth(result, registry, answer.Username, answer.Secret) : withHelper(result, registry, store);
	}
	return {
		logins: result,
		forms
	};
}
/** docker-credential-helpers, README "Development": `get` takes the server by stdin and prints JSON. */
async function askHelper(store, server, access) {
	const { environment: env, signal } = access;
	const options = {
		env,
		input: `${server}\n`,
		timeoutSeconds: 60,
		...signal === void 0 ? {} : { signal }
	};
	try {
		const answer = JSON.parse((await runCommand(`docker-credential-${store}`, ["get"], options)).stdout.toString("utf8"));
		return isHelperAnswer(answer) ? answer : void 0;
	} catch (error) {
		if (signal?.aborted) throw error;
		if (error instanceof CommandError && error.outcome.kind === "missing") access.report.warning(`docker keeps its logins with docker-credential-${store}, which is not installed: going on without them`);
		return;
	}
}
function isHelperAnswer(value) {
	if (typeof value !== "object" || value === null) return false;
	return "Username" in value && typeof value.Username === "string" && "Secret" in value && typeof value.Secret === "string";
}
async function tryLogin(login, folder, access) {
	const { registry, username, password } = login;
	const file = join(folder, CHECK_FILE);
	const { authfile: _, ...withoutFile } = access;
	const args = [
		"login",
		"--authfile",
		file,
		...inspectFlags(withoutFile),
		`--username=${username}`,
		"--password-stdin",
		registry
	];
	const purpose = {
		side: "target",
		reference: registry,
		failure: `the login to ${registry} as ${username} failed`
	};
	try {
		await runSkopeo(args, {
			...withoutFile,
			secrets: loginForms(login)
		}, purpose, { input: password });
	} finally {
		await rm(file, { force: true });
	}
}
async function writeLogins(folder, logins) {
	const path = join(folder, OWN_FILE);
	await putText(path, loginsText(logins), {
		mode: 384,
		flag: "wx"
	});
	return path;
}
// src/registry/target/targetcheck.ts
/** Answers that say nothing against a push: registries give them for repositories that a push creates. */
const ANSWERS = /* @__PURE__ */ new Set([
	"login",
	"hidden",
	"denied",
	"missing",
	"rate",
	"size",
	"trouble",
	"broken",
	"damaged",
	"other"
]);
/**
* Asks each registry once whether it is there, before an hour of building.
*
* @param references tags, or repositories without one
* @throws RegistryError when one refuses the connection, has no address or no trusted certificate, is no registry, or does
*   not accept the login, or wants one where there is none. A repository that is not there, or denied, is no error here:
*   some registries say so of new ones.
* @throws HostError when skopeo cannot push from the folder of the job
*/
async function checkTargets(references, access) {
	if (references.length > 0) checkStagingPlace(access);
	const firsts = /* @__PURE__ */ new Map();
	for (const reference of references) {
		const parsed = parseReference(reference);
		const registry = typeof parsed === "string" ? reference : parsed.registry;
		if (!firsts.has(registry)) firsts.set(registry, reference);
	}
	for (const [registry, first] of firsts) try {
		await readManifest(`docker://${first}`, access, targetPurpose(first, `the registry ${registry} cannot be reached`));
	} catch (error) {
		if (!(error instanceof RefusedError) || !ANSWERS.has(error.refusal.kind)) throw error;
		if (error.refusal.kind === "login") throw await loginError(first, registry, access, error);
	}
}
/** Who has to log in to read has to log in to push. (Of new repositories registries say "denied", which passes.) */
async function loginError(reference, registry, access, { detail }) {
	const parsed = parseReference(reference);
	return new RegistryError("registry-login", typeof parsed !== "string" && await hasLogin(access, parsed) ? `the login for ${registry} is not accepted: log in again` : `${registry} wants a login for ${reference}, and there is none: give username and password, or log in before`, {
		side: "target",
		reference,
		detail
	});
}
// src/registry/target/destinations.ts
/** Linux's NAME_MAX. */
const NAME_BYTES = 255;
/**
* Looks at the places of `export` before an hour of building; no image is written.
*
* @param names what the container is called
* @param about.reads files of the user that the job reads
* @param about.chosenBy the place of the description that names the destinations, where no input does: what a checkout has
*   there is written over, and no link in it leads us out of it
* @throws InputError for the input `export`, or that place, with every place that cannot be written to: what is there is something else,
*   the folder that it goes into is missing or not ours to write, a name cannot be had there, or two are the same place;
*   HostError when docker's daemon does not answer or this user can have no container storage; RegistryError as
*   `checkTargets` for registries
*/
async function checkDestinations(destinations, names, access, about = {}) {
	const { chosenBy, reads = [] } = about;
	const same = await collisions(destinations, names);
	const replacing = await replacements(destinations, reads);
	const reasons = await Promise.all(destinations.map(async (destination, index) => {
		if (destination.transport === "docker") return same[index];
		return nameProblem(destination, names) ?? replacing[index] ?? (chosenBy && await againstLinks(destination) || await reasonAgainst(destination) || same[index]);
	}));
	const problems = destinations.flatMap((destination, index) => {
		const reason = reasons[index];
		return reason === void 0 ? [] : [{
			where: chosenBy ?? "input export",
			text: `${plainName(destination)}: ${reason}`
		}];
	});
	if (problems.length > 0) throw new InputError(problems);
	await checkServices(destinations, access);
}
async function checkServices(destinations, access) {
	if (destinations.map(({ transport }) => transport).includes("docker-daemon")) await requireEngine(access);
	for (const destination of destinations) {
		if (destination.transport !== "containers-storage") continue;
		checkStagingPlace(access);
		const problem = await storageProblem(destination.path, access);
		if (problem !== void 0) throw new HostError("host-storage", `${plainName(destination)} cannot be written`, problem);
	}
	await checkTargets(destinations.filter(({ transport }) => transport === "docker").map(plainName), access);
}
async function reasonAgainst(destination) {
	try {
		return await reasonAt(destination);
	} catch (error) {
		if (error instanceof HostError) return error.message;
		throw error;
	}
}
async function reasonAt({ transport, path, name }) {
	const cut = await cutPath(path, name);
	if (cut !== void 0) return `the path ends at its first colon, as with skopeo, and there is ${cut}: rename that`;
	if (transport === "docker-daemon" || transport === "containers-storage") return void 0;
	if (path.split("/").some((part) => Buffer.byteLength(part) > NAME_BYTES)) return `the path holds a name of more than ${NAME_BYTES} bytes, which no file system takes: write a shorter one`;
	switch (transport) {
		case "oci": return await againstLayout(path) ?? await againstPlace(await nearestFolder(path));
		case "dir": return await againstFolder(path) ?? await againstPlace(await folderOrParent(path));
		case "oci-archive":
		case "docker-archive": return await isNoFile(path) ? "it is there and no regular file: write the path of a file" : await againstPlace(dirname(resolve(path)));
	}
}
/** @returns why nothing is written there that only the description asks for */
async function againstLinks({ transport, path }) {
	const inside = transport === "oci" ? [
		"",
		"blobs",
		join("blobs", "sha256")
	] : transport === "dir" ? [""] : [];
	for (const place of inside.map((name) => join(path, name))) {
		if ((await lstat(place).catch(() => void 0))?.isSymbolicLink() !== true) continue;
		return `${place} is a link, which is not followed for a description: remove it, or set the input export`;
	}
}
async function againstLayout(folder) {
	const names = await namesIn(folder, "an OCI layout");
	if (names === void 0) return looseLink(folder);
	if (names.length > 0 && !names.includes("oci-layout")) return foreign("an OCI layout");
	return await readLayoutIndex(folder).then(() => void 0, (error) => {
		if (error instanceof ImageError) return `${error.message}: export to another folder`;
		throw error;
	});
}
async function againstFolder(folder) {
	const names = await namesIn(folder, "the folder of an image");
	if (names === void 0) return looseLink(folder);
	return await isImageFolder(folder, names) ? void 0 : foreign("an image");
}
async function looseLink(folder) {
	return (await lstat(folder).catch(() => void 0))?.isSymbolicLink() === true ? "it is a link to nothing: remove it, or export to another folder" : void 0;
}
function foreign(kind) {
	return `the folder holds something else than ${kind}: export to another folder`;
}
async function againstPlace(folder) {
	if (!await isFolder(folder)) return `${folder} is no folder: make it, or export to another place`;
	return access(folder, constants.W_OK | constants.X_OK).then(() => void 0, () => `${folder} cannot be written to: export to another place`);
}
/** What the path was meant to lead to or through where it has a colon; undefined where it has none. */
async function cutPath(path, name) {
	if (name === void 0) return void 0;
	const whole = `${path}:${name.split("/")[0]}`;
	return await isFolder(whole) ? `a folder ${whole}` : void 0;
}
/** Where the first missing folder of a path would be made. */
async function nearestFolder(path) {
	let folder = resolve(path);
	while (folder !== dirname(folder) && !await isThere(folder)) folder = dirname(folder);
	return folder;
}
async function folderOrParent(path) {
	return await isThere(path) ? resolve(path) : dirname(resolve(path));
}
/** A device, a pipe or a link would be replaced by the archive. */
async function isNoFile(path) {
	return (await lstat(path).catch(() => void 0))?.isFile() === false;
}
async function isFolder(path) {
	return (await stat(path).catch(() => void 0))?.isDirectory() === true;
}
// src/disk/filebytes.ts
const CHUNK_BYTES$1 = 1048576;
const ZEROS = Buffer.alloc(CHUNK_BYTES$1);
/** @param bytes at most a MiB */
function isZero(bytes) {
	return bytes.equals(ZEROS.subarray(0, bytes.length));
}
/**
* Reads part of a file in chunks of a MiB, the last of which is shorter.
*
* @throws HostError where the file ends before: it did not when the part was chosen
*/
async function* chunksOf(file, range, { reused = false, signal } = {}) {
	const end = range.offset + range.length;
	const memory = Buffer.allocUnsafe(reused ? Math.min(CHUNK_BYTES$1, range.length) : 0);
	for (let { offset } = range; offset < end; offset += CHUNK_BYTES$1) {
		signal?.throwIfAborted();
		const length = Math.min(CHUNK_BYTES$1, end - offset);
		const bytes = reused ? memory.subarray(0, length) : Buffer.allocUnsafe(length);
		if (await filled(file, bytes, offset) < length) throw new HostError("host-disk", "the disk became shorter while it was read", "end what writes to it, and try again");
		yield {
			offset,
			bytes
		};
	}
}
/** @throws Error where the file ends before */
async function readAt(file, offset, length) {
	const bytes = Buffer.alloc(length);
	if (await filled(file, bytes, offset) < length) throw new Error(`the disk ends before byte ${offset + length}`);
	return bytes;
}
/** Reads until the bytes are full or the file ends: one read may give less than is asked for and there. @returns how many */
async function filled(file, bytes, offset) {
	let done = 0;
	while (done < bytes.length) {
		const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
		if (bytesRead === 0) break;
		done += bytesRead;
	}
	return done;
}
async function writeAt(file, offset, bytes) {
	await file.write(bytes, 0, bytes.length, offset);
}
async function writeZeros(file, { offset, length }) {
	for (let done = 0; done < length; done += CHUNK_BYTES$1) await writeAt(file, offset + done, ZEROS.subarray(0, Math.min(CHUNK_BYTES$1, length - done)));
}
// src/disk/guest/guestdisk.ts
/** Part of a disk; as far as the disk goes, where it is said to be longer. */
function diskPart(disk, { offset, length }) {
	const sizeBytes = Math.max(0, Math.min(length, disk.sizeBytes - offset));
	return {
		sizeBytes,
		read: async (at, count) => isWithin$1(sizeBytes, at, count) ? disk.read(offset + at, count) : void 0
	};
}
/** Whether a place in something of this size is all in it; none is that no number can tell. */
function isWithin$1(sizeBytes, offset, length) {
	return Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= sizeBytes;
}
// src/disk/guest/boundeddisk.ts
const WINDOW_BYTES = 262144;
/** A disk needs about ten: its start and end, and of each EFI system partition the tables, three folders and the files. */
const MOST_WINDOWS = 64;
/**
* Reads a disk in whole windows, each once, and only so many: what lies close together costs one read, and a disk that is
* made to be read for ever does not.
*/
function boundedDisk(disk) {
	const { sizeBytes } = disk;
	const windows = /* @__PURE__ */ new Map();
	let spent = false;
	const windowAt = async (start) => {
		if (windows.has(start)) return windows.get(start);
		spent ||= windows.size >= MOST_WINDOWS;
		if (spent) return void 0;
		const bytes = await disk.read(start, Math.min(WINDOW_BYTES, sizeBytes - start));
		windows.set(start, bytes);
		return bytes;
	};
	const read = async (offset, length) => {
		if (!isWithin$1(sizeBytes, offset, length)) return void 0;
		const pieces = [];
		for (let start = offset - offset % WINDOW_BYTES; start < offset + length; start += WINDOW_BYTES) {
			const bytes = await windowAt(start);
			if (bytes === void 0) return void 0;
			pieces.push(bytes.subarray(Math.max(0, offset - start), offset + length - start));
		}
		return Buffer.concat(pieces);
	};
	return {
		sizeBytes,
		read,
		isSpent: () => spent
	};
}
// src/disk/guest/fat.ts
/** The boot sector as far as all kinds have it in common, and FAT32's table and root. */
const BOOT_BYTES = 48;
const ENTRY_BYTES$4 = 32;
const FIRST_CLUSTER = 2;
/** What is no number of a cluster but its end is from here on. */
const END_MARKS = {
	12: 4088,
	16: 65528,
	32: 268435448
};
/** Fewer clusters make a FAT12; section 3.5. */
const FAT16_CLUSTERS = 4085;
/** @returns undefined where no FAT file system begins there that fits */
async function fatVolume(bytes) {
	const boot = await bytes.read(0, BOOT_BYTES);
	if (boot === void 0) return void 0;
	const [sectorBytes, perCluster] = [boot.readUInt16LE(11), boot.readUInt8(13)];
	const [reserved, tables, rootEntries] = [
		boot.readUInt16LE(14),
		boot.readUInt8(16),
		boot.readUInt16LE(17)
	];
	const smallTable = boot.readUInt16LE(22);
	const tableSectors = smallTable || boot.readUInt32LE(36);
	const sectors = boot.readUInt16LE(19) || boot.readUInt32LE(32);
	if (![
		512,
		1024,
		2048,
		4096
	].includes(sectorBytes) || perCluster === 0 || (perCluster & perCluster - 1) !== 0) return;
	if (reserved === 0 || tables === 0 || tableSectors === 0) return void 0;
	const rootAt = (reserved + tables * tableSectors) * sectorBytes;
	const rootBytes = rootEntries * ENTRY_BYTES$4;
	const dataAt = rootAt + Math.ceil(rootBytes / sectorBytes) * sectorBytes;
	const clusterBytes = perCluster * sectorBytes;
	const clusters = Math.floor((sectors * sectorBytes - dataAt) / clusterBytes);
	if (clusters < 1) return void 0;
	const bits = smallTable === 0 ? 32 : clusters < FAT16_CLUSTERS ? 12 : 16;
	return {
		bytes: diskPart(bytes, {
			offset: 0,
			length: sectors * sectorBytes
		}),
		bits,
		clusterBytes,
		lastCluster: clusters + 1,
		tableAt: reserved * sectorBytes,
		dataAt,
		root: bits === 32 ? { cluster: boot.readUInt32LE(44) } : {
			offset: rootAt,
			length: rootBytes
		}
	};
}
/**
* The content of a chain of clusters from its start on.
*
* @param mostBytes as soon as there are so many or more, the rest is not read: also of a chain that has no end
* @returns undefined where it leads to what is no cluster
*/
async function chainStart(volume, first, mostBytes) {
	const { bytes, bits, clusterBytes, dataAt, lastCluster } = volume;
	const pieces = [];
	let cluster = first;
	for (let length = 0; length < mostBytes && cluster < END_MARKS[bits]; length += clusterBytes) {
		if (cluster < FIRST_CLUSTER || cluster > lastCluster) return void 0;
		const piece = await bytes.read(dataAt + (cluster - FIRST_CLUSTER) * clusterBytes, clusterBytes);
		const next = await nextCluster(volume, cluster);
		if (piece === void 0 || next === void 0) return void 0;
		pieces.push(piece);
		cluster = next;
	}
	return Buffer.concat(pieces);
}
async function nextCluster({ bytes, bits, tableAt }, cluster) {
	if (bits === 32) {
		const entry = await bytes.read(tableAt + cluster * 4, 4);
		return entry === void 0 ? void 0 : entry.readUInt32LE(0) & 268435455;
	}
	const at = bits === 16 ? cluster * 2 : cluster + (cluster >> 1);
	const entry = (await bytes.read(tableAt + at, 2))?.readUInt16LE(0);
	if (entry === void 0 || bits === 16) return entry;
	return cluster % 2 === 0 ? entry & 4095 : entry >> 4;
}
// src/disk/guest/fatfolder.ts
/** "FAT32 File System Specification" 1.03, section 6: no folder is larger. */
const MOST_BYTES = 1 << 21;
const ENTRY_BYTES$3 = 32;
const END = 0;
const DELETED = 229;
const FOLDER$1 = 16;
const VOLUME_LABEL = 8;
/** Of an entry that holds a piece of a long name; section 7. */
const LONG_NAME = 15;
const LAST_PIECE = 64;
/** Where the characters of a piece stand. */
const PIECE_RANGES = [
	[1, 11],
	[14, 26],
	[28, 32]
];
/** @returns undefined where it cannot be read, or has no end */
async function rootFolder(volume) {
	const { root, bytes } = volume;
	if ("cluster" in root) return folderAt(volume, root.cluster);
	const content = await bytes.read(root.offset, root.length);
	return content && entriesOf(content, volume);
}
/** @returns undefined where it cannot be read, or has no end */
async function folderAt(volume, cluster) {
	const content = await chainStart(volume, cluster, 2097153);
	return content === void 0 || content.length > MOST_BYTES ? void 0 : entriesOf(content, volume);
}
function entriesOf(content, { bits }) {
	const entries = [];
	let pieces = [];
	for (let at = 0; at + ENTRY_BYTES$3 <= content.length; at += ENTRY_BYTES$3) {
		const entry = content.subarray(at, at + ENTRY_BYTES$3);
		const [first, attributes] = [entry.readUInt8(0), entry.readUInt8(11)];
		if (first === END) break;
		if (first === DELETED) {
			pieces = [];
			continue;
		}
		if ((attributes & 63) === LONG_NAME) {
			pieces = (first & LAST_PIECE) === 0 ? [...pieces.slice(-19), entry] : [entry];
			continue;
		}
		if ((attributes & VOLUME_LABEL) === 0) {
			const long = longName(pieces, entry);
			const high = bits === 32 ? entry.readUInt16LE(20) : 0;
			entries.push({
				names: [shortName(entry), ...long === void 0 ? [] : [long]],
				isFolder: (attributes & FOLDER$1) !== 0,
				cluster: high * 65536 + entry.readUInt16LE(26),
				sizeBytes: entry.readUInt32LE(28)
			});
		}
		pieces = [];
	}
	return entries;
}
function shortName(entry) {
	const [stem, extension] = [entry.toString("latin1", 0, 8), entry.toString("latin1", 8, 11)].map((part) => part.trimEnd());
	return extension === "" ? `${stem}` : `${stem}.${extension}`;
}
/** @param pieces as they stand before the entry, the name's end first; of another entry where one in between was lost */
function longName(pieces, entry) {
	const sum = shortNameSum(entry);
	if (!pieces.every((piece, index) => (piece.readUInt8(0) & 31) === pieces.length - index && piece.readUInt8(13) === sum) || pieces.length === 0) return void 0;
	const text = pieces.toReversed().flatMap((piece) => PIECE_RANGES.map(([start, end]) => piece.toString("utf16le", start, end))).join("");
	const end = text.indexOf("\0");
	return end === -1 ? text : text.slice(0, end);
}
/** Section 7.2, "ChkSum". */
function shortNameSum(entry) {
	return entry.subarray(0, 11).reduce((sum, byte) => ((sum & 1) << 7) + (sum >> 1) + byte & 255, 0);
}
// src/disk/guest/efiloader.ts
/** UEFI specification 2.10, section 3.5.1.1: the names, and the PE machine types of their files. */
const LOADERS = [
	{
		name: "BOOTX64.EFI",
		machine: 34404,
		architecture: "amd64"
	},
	{
		name: "BOOTIA32.EFI",
		machine: 332,
		architecture: "386"
	},
	{
		name: "BOOTAA64.EFI",
		machine: 43620,
		architecture: "arm64"
	},
	{
		name: "BOOTARM.EFI",
		machine: 450,
		architecture: "arm"
	},
	{
		name: "BOOTRISCV64.EFI",
		machine: 20580,
		architecture: "riscv64"
	},
	{
		name: "BOOTLOONGARCH64.EFI",
		machine: 25188,
		architecture: "loong64"
	}
];
const FOLDERS = ["EFI", "BOOT"];
/** Loaders have their PE header within the first 4 KiB, behind a DOS program or what another loader wants to see. */
const MOST_START_BYTES = 65536;
/** "PE Format" of Microsoft Learn: where the header stands, and its machine type behind the signature. */
const HEADER_PLACE_AT = 60;
const PE_SIGNATURE = "PE\0\0";
/**
* The loaders in the place where firmware looks for them in an EFI system partition.
*
* @returns none where there is no FAT file system, or none that can be read; without those that are no program for what
*   their name says
*/
async function efiLoaders(partition) {
	const volume = await fatVolume(partition);
	if (volume === void 0) return [];
	let entries = await rootFolder(volume) ?? [];
	for (const name of FOLDERS) {
		const folder = entries.find((entry) => entry.isFolder && isCalled(entry, name));
		entries = (folder && await folderAt(volume, folder.cluster)) ?? [];
	}
	const found = [];
	for (const { name, machine, architecture } of LOADERS) {
		const file = entries.find((entry) => !entry.isFolder && isCalled(entry, name));
		if (file === void 0 || await peMachine(volume, file) !== machine) continue;
		found.push({
			path: [...FOLDERS, name].join("/"),
			architecture
		});
	}
	return found;
}
function isCalled({ names }, name) {
	return names.some((other) => other.toUpperCase() === name);
}
async function peMachine(volume, { cluster, sizeBytes }) {
	const start = (await chainStart(volume, cluster, MOST_START_BYTES))?.subarray(0, sizeBytes);
	if (start === void 0 || start.length < 64 || start.toString("latin1", 0, 2) !== "MZ") return;
	const header = start.subarray(start.readUInt32LE(HEADER_PLACE_AT));
	if (header.length < 6 || header.toString("latin1", 0, 4) !== PE_SIGNATURE) return void 0;
	return header.readUInt16LE(4);
}
// src/disk/guest/gpt.ts
const SIGNATURE$1 = "EFI PART";
const SECTOR_SIZES$1 = [512, 4096];
const LEAST_HEADER_BYTES = 92;
const LEAST_ENTRY_BYTES = 128;
/** 128 entries of 128 bytes are usual, 16 KiB. */
const MOST_TABLE_BYTES = 1 << 20;
const UNUSED = "00000000-0000-0000-0000-000000000000";
/**
* The partitions of a disk's GUID partition table, of the backup at its end where the one at its start is broken.
*
* @returns undefined where neither is whole, by their checksums
*/
async function gptEntries(disk) {
	const ends = SECTOR_SIZES$1.map((sectorBytes) => [sectorBytes, Math.floor(disk.sizeBytes / sectorBytes) - 1]);
	for (const [sectorBytes, sector] of [...SECTOR_SIZES$1.map((size) => [size, 1]), ...ends]) {
		const entries = await tableAt(disk, sectorBytes, sector);
		if (entries !== void 0) return entries;
	}
}
async function tableAt(disk, sectorBytes, sector) {
	const header = await disk.read(sector * sectorBytes, sectorBytes);
	if (header === void 0 || !isHeader(header, sector)) return void 0;
	const [count, entryBytes] = [header.readUInt32LE(80), header.readUInt32LE(84)];
	if (entryBytes < LEAST_ENTRY_BYTES || count * entryBytes > MOST_TABLE_BYTES) return void 0;
	const table = await disk.read(Number(header.readBigUInt64LE(72)) * sectorBytes, count * entryBytes);
	if (table === void 0 || crc32(table) !== header.readUInt32LE(88)) return void 0;
	return Array.from({ length: count }, (_, index) => {
		const entry = table.subarray(index * entryBytes, (index + 1) * entryBytes);
		const [first, last] = [Number(entry.readBigUInt64LE(32)), Number(entry.readBigUInt64LE(40))];
		const place = {
			offset: first * sectorBytes,
			length: (last - first + 1) * sectorBytes
		};
		return {
			number: index + 1,
			type: guidText(entry),
			place
		};
	}).filter(({ type, place }) => type !== UNUSED && place.length > 0);
}
function isHeader(sector, number) {
	if (sector.toString("latin1", 0, 8) !== SIGNATURE$1 || sector.readBigUInt64LE(24) !== BigInt(number)) return false;
	const headerBytes = sector.readUInt32LE(12);
	if (headerBytes < LEAST_HEADER_BYTES || headerBytes > sector.length) return false;
	const header = Buffer.from(sector.subarray(0, headerBytes));
	return crc32(header.fill(0, 16, 20)) === sector.readUInt32LE(16);
}
/** Its first three parts are stored with the lowest byte first; appendix A. */
function guidText(bytes) {
	const [low, middle, high] = [
		bytes.readUInt32LE(0),
		bytes.readUInt16LE(4),
		bytes.readUInt16LE(6)
	].map((part, index) => part.toString(16).padStart(index === 0 ? 8 : 4, "0"));
	return [
		low,
		middle,
		high,
		bytes.toString("hex", 8, 10),
		bytes.toString("hex", 10, 16)
	].join("-");
}
// src/disk/guest/mbr.ts
const RECORD_BYTES = 512;
const ENTRIES_AT = 446;
const ENTRY_BYTES$2 = 16;
const SIGNATURE = 43605;
/** @returns the four primary partitions, as far as they are used; undefined where there is no master boot record */
async function mbrEntries(disk) {
	const record = await disk.read(0, RECORD_BYTES);
	if (record === void 0 || record.readUInt16LE(510) !== SIGNATURE) return void 0;
	const entries = [
		1,
		2,
		3,
		4
	].map((number) => {
		const entry = record.subarray(ENTRIES_AT + (number - 1) * ENTRY_BYTES$2);
		const [active, type] = [entry.readUInt8(0), entry.readUInt8(4)];
		return {
			number,
			active,
			type,
			start: entry.readUInt32LE(8),
			sectors: entry.readUInt32LE(12)
		};
	});
	if (entries.some(({ active }) => active !== 0 && active !== 128)) return void 0;
	return entries.filter(({ type, start, sectors }) => type !== 0 && start > 0 && sectors > 0).map(plain);
}
function plain({ number, type, start, sectors }) {
	return {
		number,
		type,
		start,
		sectors
	};
}
// src/disk/guest/partition.ts
const SECTOR_SIZES = [512, 4096];
/**
* The partitions of a disk. A GPT holds where the master boot record stands for one or is missing; a record that has
* other entries beside (a hybrid one) holds only where the GPT is broken, at both ends.
*/
async function partitionsOf(disk) {
	const record = await mbrEntries(disk);
	if (record === void 0 || record.some(({ type }) => type === 238)) {
		const entries = await gptEntries(disk);
		if (entries !== void 0) return entries.map(({ place, ...entry }) => ({
			...entry,
			places: [place]
		}));
	}
	return (record ?? []).filter(({ type }) => type !== 238).map(partition);
}
function partition({ number, type, start, sectors }) {
	const places = SECTOR_SIZES.map((size) => ({
		offset: start * size,
		length: sectors * size
	}));
	return {
		number,
		type: type.toString(16).padStart(2, "0"),
		places
	};
}
// src/disk/guest/partitiontype.ts
/** UAPI group, "Discoverable Partitions Specification": the types of the root and of /usr of each architecture. */
const ROOTS = [
	[
		"386",
		"44479540-f297-41b2-9af7-d131d5f0458a",
		"75250d76-8cc6-458e-bd66-bd47cc81a812"
	],
	[
		"amd64",
		"4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
		"8484680c-9521-48c6-9c11-b0720656f69e"
	],
	[
		"arm",
		"69dad710-2ce4-4e3c-b16c-21a1d49abed3",
		"7d0359a3-02b3-4f0a-865c-654403e70625"
	],
	[
		"arm64",
		"b921b045-1df0-41c3-af44-4c6f280d3fae",
		"b0e01050-ee5f-4390-949a-9101b17104e9"
	],
	[
		"loong64",
		"77055800-792c-4f94-b39a-98c91b762bb6",
		"e611c702-575c-4cbe-9a46-434fa0bf7e3f"
	],
	[
		"mips64le",
		"700bda43-7a34-4507-b179-eeb93d7a7ca3",
		"c97c1f32-ba06-40b4-9f22-236061b08aa8"
	],
	[
		"mipsle",
		"37c58c8a-d913-4156-a25f-48b1b64e07f0",
		"0f4868e9-9952-4706-979f-3ed3a473e947"
	],
	[
		"ppc64",
		"912ade1d-a839-4913-8964-a10eee08fbd2",
		"2c9739e2-f068-46b3-9fd0-01c5a9afbcca"
	],
	[
		"ppc64le",
		"c31c45e6-3f39-412e-80fb-4809c4980599",
		"15bb03af-77e7-4d4a-b12b-c0d084f7491c"
	],
	[
		"riscv64",
		"72ec70a6-cf74-40e6-bd49-4bda08e8f224",
		"beaec34b-8442-439b-a40b-984381ed097d"
	],
	[
		"s390x",
		"5eead9a9-fe09-4a1e-a1d7-520d00531306",
		"8a4f5770-50aa-4ed3-874a-99b710db6fea"
	]
];
/** grub-install's manual, "BIOS installation": GRUB's code for PCs, whose kernel may be of either width. */
const BIOS_BOOT = {
	architectures: ["amd64", "386"],
	text: "a BIOS boot partition"
};
/** Power Architecture Platform Requirements: firmware loads from it, in either byte order. */
const PREP_BOOT = {
	architectures: ["ppc64le", "ppc64"],
	text: "a PReP boot partition"
};
const TYPE_CLUES = new Map([
	...ROOTS.flatMap(([architecture, root, usr]) => [[root, {
		architectures: [architecture],
		text: `a root for ${architecture} by its type`
	}], [usr, {
		architectures: [architecture],
		text: `a /usr for ${architecture} by its type`
	}]]),
	["21686148-6449-6e6f-744e-656564454649", BIOS_BOOT],
	["9e1a2d38-c612-4316-aa26-8b49521e5a8b", PREP_BOOT],
	["41", PREP_BOOT]
]);
/**
* Where firmware looks for a loader: EFI system partitions, and those of FAT in a master boot record, from which U-Boot
* and the Raspberry Pi start (UEFI specification 2.10, sections 5.2.2 and 13.3.1).
*/
const LOADER_TYPES = [
	"c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
	"ef",
	"01",
	"04",
	"06",
	"0b",
	"0c",
	"0e"
];
function mayHoldLoaders(type) {
	return LOADER_TYPES.includes(type);
}
// src/disk/architecture.ts
const PC = ["amd64", "386"];
/** One has a few, a hostile one may have any number. */
const MOST_LOADER_PARTITIONS = 8;
/**
* What architecture a disk is for, by the types of its partitions and by the loaders in its EFI system partitions. Reads
* little of it, however large it is or however it is made.
*
* @param disk `format` is qemu-img's name
* @param folder where a folder of our own can be made, which is gone afterwards
* @returns undefined where nothing says it, or what does contradicts itself, as in a disk for both amd64 and arm64
* @throws CommandError when it is canceled
*/
async function diskArchitecture(disk, folder, signal) {
	const { file, format, virtualSizeBytes: sizeBytes } = disk;
	if (format === "raw") {
		await using opened = await open(file);
		const read = async (offset, length) => {
			const bytes = Buffer.alloc(length);
			return await filled(opened, bytes, offset) < length ? void 0 : bytes;
		};
		return await architectureOf({
			sizeBytes,
			read
		});
	}
	const place = await mkdtemp(join(folder, "look-"));
	try {
		const read = (offset, length) => converted(disk, {
			offset,
			length
		}, join(place, "part"), signal);
		return await architectureOf({
			sizeBytes,
			read
		});
	} finally {
		await rm(place, {
			recursive: true,
			force: true
		});
	}
}
/** Part of a disk of any format, by way of a file. */
async function converted({ file, format }, part, target, signal) {
	const disk = {
		driver: format,
		file: {
			driver: "file",
			filename: resolve(file)
		}
	};
	const source = `json:${JSON.stringify({
		driver: "raw",
		offset: part.offset,
		size: part.length,
		file: disk
	})}`;
	try {
		await runCommand("qemu-img", [
			"convert",
			"-O",
			"raw",
			"--",
			source,
			target
		], signal ? { signal } : {});
	} catch (error) {
		if (error instanceof CommandError && error.outcome.kind === "exit") return void 0;
		throw error;
	}
	await using opened = await open(target);
	const bytes = Buffer.alloc(part.length);
	return await filled(opened, bytes, 0) < part.length ? void 0 : bytes;
}
/** What architecture a disk is for, as `diskArchitecture` says. Never throws but what reading throws. */
async function architectureOf(disk) {
	const bounded = boundedDisk(disk);
	const partitions = await partitionsOf(bounded);
	const types = partitions.flatMap(({ number, type }) => {
		const clue = TYPE_CLUES.get(type);
		return clue === void 0 ? [] : [{
			...clue,
			text: `partition ${number} is ${clue.text}`
		}];
	});
	const clues = [...await loaderClues(bounded, partitions), ...types];
	return bounded.isSpent() ? void 0 : agreed(clues);
}
async function loaderClues(disk, partitions) {
	const found = [];
	const places = partitions.filter(({ type }) => mayHoldLoaders(type)).flatMap(({ number, places }) => places.map((place) => ({
		number,
		place
	})));
	for (const { number, place } of places.slice(0, MOST_LOADER_PARTITIONS)) for (const loader of await efiLoaders(diskPart(disk, place))) found.push({
		...loader,
		number
	});
	const isMixed = found.some(({ architecture }) => architecture === "386");
	return found.map(({ number, path, architecture }) => ({
		architectures: isMixed && PC.includes(architecture) ? [architecture, ...PC.filter((name) => name !== architecture)] : [architecture],
		text: `partition ${number} has ${path}`
	}));
}
/** What all clues allow, told by one that allows no more. */
function agreed(clues) {
	const [first, ...rest] = clues;
	const allowed = (first?.architectures ?? []).filter((name) => rest.every(({ architectures }) => architectures.includes(name)));
	const [likeliest, ...others] = allowed;
	const telling = clues.find(({ architectures }) => architectures.length === allowed.length);
	if (likeliest === void 0 || telling === void 0) return void 0;
	return {
		architectures: [likeliest, ...others],
		evidence: telling.text
	};
}
// src/job/architecture.ts
/**
* Compares what the disk itself says of its architecture with `platform`: whoever pulls an image by its platform gets
* another's disk otherwise.
*
* @throws InputError for `platform` where the disk is for another; CommandError when it is canceled
*/
async function checkArchitecture(plan, disk, job) {
	const found = await diskArchitecture(disk, job.workFolder, job.signal);
	if (found === void 0) return;
	const { platform, source } = plan;
	const { architectures, evidence } = found;
	if (architectures.includes(platform.architecture)) {
		job.report.info(`Architecture: the disk is for ${platform.architecture} (${evidence})`);
		return;
	}
	const [architecture] = architectures;
	const [wanted, other] = [platformText(platform), platformText({
		os: platform.os,
		architecture
	})];
	const [what, wayOut] = source.kind === "disk" ? [source.path, `give a disk for ${wanted}`] : ["the disk that KIWI built", "change what the description builds"];
	throw new InputError([{
		where: "input platform",
		text: `the image is for ${wanted}, but ${what} is for ${architecture} (${evidence}): set platform to ${other}, or ${wayOut}`
	}]);
}
// src/cache/blobs.ts
const DAY_MILLISECONDS$1 = 864e5;
/**
* Blobs by digest in a folder that stays between jobs: `FOLDER/blobs/sha256/HEX`. Nothing in it is trusted: every file is
* hashed before it is given out. No trouble with it is an error of the job.
*/
var BlobStore = class {
	folder;
	#now;
	#report;
	/** @param nowMilliseconds when the job began: blobs that it uses are as new as that */
	constructor(folder, nowMilliseconds, report) {
		this.folder = folder;
		this.#now = new Date(nowMilliseconds);
		this.#report = report;
	}
	/** A file with exactly these bytes; undefined when there is none. A damaged one is removed, with a warning. */
	async take(digest) {
		const path = this.#path(digest);
		try {
			const found = await lstat(path).catch(ifMissing(void 0));
			if (found === void 0) return void 0;
			if (found.isFile() && (await fileDigest(path)).digest === digest) {
				await utimes(path, this.#now, this.#now).catch(() => {});
				return path;
			}
			this.#report.warning(`the cached blob ${digest} is damaged: it is removed and fetched again`);
			await rm(path, {
				recursive: true,
				force: true
			});
		} catch (error) {
			this.#report.warning(`the cached blob ${digest} cannot be used: ${String(error)}`);
		}
	}
	/** Puts in a file whose digest was checked: at once under its name, by hard link where that can be. */
	async keep(digest, file) {
		const path = this.#path(digest);
		const temporary = `${path}.${randomUUID()}.tmp`;
		try {
			await makeFolder(dirname(path));
			await link(file, temporary).catch(async () => await copyFile(file, temporary));
			await utimes(temporary, this.#now, this.#now);
			await rename(temporary, path);
		} catch (error) {
			this.#report.warning(`the blob ${digest} cannot be kept in the cache: ${String(error)}`);
		} finally {
			await rm(temporary, { force: true }).catch(() => {});
		}
	}
	/** Removes what no job used for so many days, and what is no blob. */
	async prune(olderThanDays, nowMilliseconds) {
		const folder = dirname(this.#path(`sha256:${"0".repeat(64)}`));
		const oldest = nowMilliseconds - olderThanDays * DAY_MILLISECONDS$1;
		try {
			for (const name of await readdir(folder).catch(ifMissing([]))) {
				const path = join(folder, name);
				const found = await lstat(path).catch(ifMissing(void 0));
				if (found && found.mtimeMs < oldest) await rm(path, {
					recursive: true,
					force: true
				});
			}
		} catch (error) {
			this.#report.warning(`old blobs in the cache ${folder} cannot be removed: ${String(error)}`);
		}
	}
	#path(digest) {
		return join(this.folder, "blobs", "sha256", digestHex(digest));
	}
};
function ifMissing(value) {
	return (error) => {
		if (error.code === "ENOENT" || error.code === "ENOTDIR") return value;
		throw error;
	};
}
// src/cache/key.ts
/** Ours in front; a new number when what is in an entry changes its meaning. */
const PREFIX$1 = "kiwi-oci-1";
/** The service takes no longer keys, and commas would split a list of them (`checkKey` of @actions/cache). */
const KEY_LIMIT = 512;
/** The key of a base's layers: the manifest names them all. */
function baseKey(manifest) {
	return cacheKey(["base", digestHex(manifest)]);
}
/**
* The key of the packages that a build downloads.
*
* @param fingerprint of the description: another one needs other packages
*/
function packagesKey(fingerprint, architecture, packageManager) {
	return cacheKey([
		"packages",
		packageManager,
		architecture,
		fingerprint
	]);
}
/** Where a folder that stays has the packages of one package manager and architecture. */
function packagesFolder(packageManager, architecture) {
	return [packageManager, architecture].map(safe).join("-");
}
/**
* A key from parts: only characters that every cache takes, at most 512 of them. Parts that had to change are told apart
* by a hash of all parts.
*/
function cacheKey(parts) {
	const plain = [PREFIX$1, ...parts].join("-");
	const key = [PREFIX$1, ...parts.map(safe)].join("-");
	if (key === plain && key.length <= KEY_LIMIT) return key;
	const hash = digestHex(digestOf(JSON.stringify(parts)));
	return `${key.slice(0, KEY_LIMIT - hash.length - 1)}-${hash}`;
}
function safe(part) {
	return part.replaceAll(/[^A-Za-z0-9._-]/g, "_");
}
// src/oci/baseimage.ts
/**
* The layers of a base in OCI's terms.
*
* @throws ImageError when the base cannot be built upon: diff IDs and layers differ in number, a foreign layer, an
*   artifact; RegistryError when it is for another platform
*/
function checkedLayers(base, wanted) {
	const subject = `the base ${base.name}`;
	if (!platformMatches(base.config, wanted)) {
		const [has, asked] = [platformText(base.config), platformText(wanted)];
		throw new RegistryError("registry-platform", `base ${base.name} is for ${has}, asked for ${asked}: choose another base, or set platform to ${has}`, {
			side: "base",
			reference: base.name
		});
	}
	return baseLayers(base.manifest, base.config, subject);
}
/**
* The layers of an image in OCI's terms, where one more can go on them.
*
* @throws ImageError as `checkedLayers` does, and when there is no room for a layer more
*/
function baseLayers(manifest, config, subject) {
	const { layers } = ociManifestFrom(manifest, subject);
	const diffIDs = config.rootfs.diff_ids.length;
	if (diffIDs !== layers.length) throw new ImageError("image-invalid", subject, [`its config has ${diffIDs} diff IDs for ${layers.length} layers`]);
	if (layers.length >= 500) throw new ImageError("image-invalid", subject, [`it has ${layers.length} layers, and with that of the disk an image has at most 500`]);
	return layers;
}
// src/oci/tar/tarsource.ts
/** What comes as a stream: what is passed over is read nevertheless. The stream is never closed from here. */
function streamSource(chunks) {
	const iterator = chunks[Symbol.asyncIterator]();
	let rest = Buffer.alloc(0);
	const more = async () => {
		while (rest.length === 0) {
			const { done, value } = await iterator.next();
			if (done) return false;
			rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
		}
		return true;
	};
	const take = (length) => {
		const taken = rest.subarray(0, length);
		rest = rest.subarray(taken.length);
		return taken;
	};
	return {
		read: async (length) => {
			const parts = [];
			let missing = length;
			while (missing > 0 && await more()) {
				const part = take(missing);
				parts.push(part);
				missing -= part.length;
			}
			return parts.length === 1 ? parts[0] : Buffer.concat(parts);
		},
		skip: async (length) => {
			let missing = length;
			while (missing > 0 && await more()) missing -= take(missing).length;
			return missing === 0;
		}
	};
}
/** A file: what is passed over is not read, so that headers alone cost nothing. */
function fileSource(file, sizeBytes) {
	let at = 0;
	return {
		read: async (length) => {
			const buffer = Buffer.alloc(Math.max(0, Math.min(length, sizeBytes - at)));
			let filled = 0;
			while (filled < buffer.length) {
				const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, at + filled);
				if (bytesRead === 0) break;
				filled += bytesRead;
			}
			at += filled;
			return buffer.subarray(0, filled);
		},
		skip: async (length) => {
			at += length;
			return at <= sizeBytes;
		}
	};
}
// src/oci/layer/containerdiskplace.ts
/** In the root of a system that boots from its container; CDI tools/cdi-containerimage-server/main.go. */
const SYSTEM_FOLDERS = ["sysroot", "ostree"];
/** Whether what KubeVirt or CDI does with an image may depend on the path, which has no leading slash. */
function isContainerDiskMark(path) {
	return path.startsWith("disk") || SYSTEM_FOLDERS.includes(path);
}
/**
* Why KubeVirt or CDI would stumble over a base that has no file where the disk goes.
*
* @param layers what each has itself, lowest first
* @param content what all of them leave
* @returns the end of a sentence that begins with the base; undefined where they would not
*/
function containerDiskProblem(layers, content) {
	const another = "choose another base, or leave out kubevirt";
	const [file] = layers.flatMap(({ added }) => [...added].filter(([, kind]) => kind !== "directory").map(([path]) => path)).filter((path) => path.startsWith("disk")).sort();
	if (file !== void 0) return `has /${file} in a layer, which CDI takes for the disk: ${another}`;
	const folder = [...content.keys()].filter((path) => path.startsWith("disk/")).sort()[0];
	if (folder !== void 0) return `has the folder /${folder}, which KubeVirt takes for a second disk: ${another}`;
	const system = SYSTEM_FOLDERS.find((path) => content.get(path) === "directory");
	return system === void 0 ? void 0 : `has the folder /${system} of a system that boots from its container, of which CDI makes no disk: ${another}`;
}
// src/oci/layer/diskplace.ts
/** image-spec layer.md, "Whiteouts" and "Opaque Whiteout". */
const WHITEOUT = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** Left by aufs, no part of the image. */
const META = ".wh..wh.";
const SHOWN_KINDS = {
	file: "a file",
	link: "a file",
	symlink: "a symbolic link",
	directory: "a folder",
	other: "a device or pipe"
};
/** @param diskPath absolute; left out where the disk goes into `/disk` under a name that is not known yet */
function diskPlace(diskPath, isContainerDisk = false) {
	if (diskPath === void 0) return {
		region: "disk",
		isContainerDisk
	};
	const disk = diskPath.slice(1);
	return {
		region: disk.startsWith("disk/") ? "disk" : disk,
		disk,
		isContainerDisk
	};
}
/** What of a layer matters to the place; nothing else is kept, however large the layer is. */
async function layerMarks(items, { region, isContainerDisk }) {
	const added = /* @__PURE__ */ new Map();
	const removed = /* @__PURE__ */ new Set();
	const emptied = /* @__PURE__ */ new Set();
	const matters = (path) => path === region || isBelow(path, region) || isBelow(region, path) || isContainerDisk === true && isContainerDiskMark(path);
	for await (const { path: written, kind } of items) {
		const parts = cleanParts(written);
		const name = parts.at(-1) ?? "";
		const folder = parts.slice(0, -1).join("/");
		const path = parts.join("/");
		if (name === OPAQUE) {
			if (matters(folder)) emptied.add(folder);
		} else if (name.startsWith(WHITEOUT)) {
			const hidden = [...parts.slice(0, -1), name.slice(4)].join("/");
			if (!name.startsWith(META) && matters(hidden)) removed.add(hidden);
		} else if (path !== "" && matters(path)) {
			added.delete(path);
			added.set(path, kind);
		}
	}
	return {
		added,
		removed,
		emptied
	};
}
/**
* Why a base of these layers cannot take the disk.
*
* @param layers lowest first
* @returns the end of a sentence that begins with the base; undefined when it can
*/
function placeProblem$1(layers, place) {
	const content = effectiveContent(layers);
	return takenProblem(content, place) ?? (place.isContainerDisk ? containerDiskProblem(layers, content) : void 0);
}
function takenProblem(content, { region, disk, isContainerDisk }) {
	const choose = (elsewhere) => `choose another base${isContainerDisk ? "" : `, or ${elsewhere}`}`;
	const above = region.split("/").map((_, depth, parts) => parts.slice(0, depth + 1).join("/"));
	for (const path of region === "disk" ? above : above.slice(0, -1)) {
		const kind = content.get(path);
		if (kind === void 0 || kind === "directory") continue;
		return `has ${SHOWN_KINDS[kind]} at /${path}, where the folder of the disk has to be: ${choose("another disk-path")}`;
	}
	const paths = [...content.keys()].filter((path) => path === region || isBelow(path, region)).sort();
	if (region !== "disk") return paths.length === 0 ? void 0 : hasAlready(region, choose("another disk-path"));
	const taken = paths.find((path) => content.get(path) !== "directory") ?? paths.find((path) => path === disk);
	return taken === void 0 ? void 0 : hasAlready(taken, choose("a disk-path outside of /disk, which holds one disk alone"));
}
function hasAlready(path, remedy) {
	return `has /${path} already: ${remedy}`;
}
/** What layers leave of what they have; a whiteout is for the layers below only, wherever it stands in its own. */
function effectiveContent(layers) {
	const content = /* @__PURE__ */ new Map();
	const removeBelow = (folder) => {
		for (const path of content.keys()) if (isBelow(path, folder)) content.delete(path);
	};
	for (const { added, removed, emptied } of layers) {
		for (const path of removed) {
			content.delete(path);
			removeBelow(path);
		}
		for (const folder of emptied) removeBelow(folder);
		for (const [path, kind] of added) {
			if (kind !== "directory") removeBelow(path);
			content.set(path, kind);
		}
	}
	return content;
}
function isBelow(path, folder) {
	return folder === "" || path.startsWith(`${folder}/`);
}
/** Without `.`, empty parts and `..`, which no unpacker follows out of the root. */
function cleanParts(path) {
	const parts = [];
	for (const part of path.split("/")) if (part === "..") parts.pop();
	else if (part !== "" && part !== ".") parts.push(part);
	return parts;
}
// src/oci/layer/basecheck.ts
/**
* Reads every layer of a base once and makes sure that the disk can go on it.
*
* @throws ImageError when a layer is no tar, or not the one that the base's config names; RegistryError when there is
*   something already where the disk goes, or what is no base of a containerDisk; AbortError after `signal`
*/
async function checkBase(base, place, signal) {
	const subject = `the base ${base.name}`;
	const read = /* @__PURE__ */ new Map();
	const marks = [];
	for (const [at, layer] of checkedLayers(base, base.config).entries()) {
		const { diffID, marks: own } = read.get(layer.digest) ?? await readLayer(base, layer, place, signal);
		const wanted = base.config.rootfs.diff_ids[at];
		if (diffID !== wanted) throw new ImageError("image-layer", subject, [`its layer ${at + 1} holds the diff ID ${diffID}, its config says ${wanted}`]);
		read.set(layer.digest, {
			diffID,
			marks: own
		});
		marks.push(own);
	}
	const problem = placeProblem$1(marks, place);
	if (problem !== void 0) throw new RegistryError("registry-unfit", `${subject} ${problem}`, {
		side: "base",
		reference: base.name
	});
}
async function readLayer(base, layer, place, signal) {
	const file = base.blobs.get(layer.digest);
	if (file === void 0) throw new ImageError("image-damaged", `the base ${base.name}`, [`its layer ${layer.digest} was not fetched`]);
	let marks;
	const { violations, diffID } = await layerContent(file, layer, signal, async (tar) => {
		marks = await layerMarks(tarItems(streamSource(tar)), place);
	});
	if (violations.length === 0 && diffID !== void 0 && marks !== void 0) return {
		diffID,
		marks
	};
	throw new ImageError("image-layer", `the base ${base.name}`, violations.map((violation) => `its layer ${layer.digest} ${violation}`));
}
// src/plan/typeplace.ts
/** Where the `<type>` that is built stands, for a problem of it. */
function typePlace({ file, line }) {
	return {
		where: `${basename(file)}:${line}`,
		file,
		line
	};
}
// src/plan/containerdisk.ts
/** Labels of a system that boots from a container, of which CDI makes no disk; its pkg/importer/transport.go. */
const BOOT_LABELS = ["containers.bootc", "ostree.bootable"];
/** Why the base of a plan can be none of a containerDisk, as the end of a sentence about it. */
function baseLabelProblem({ kinds, config, labels }, base) {
	if (!kinds.includes("kubevirt") || config.labels === null) return void 0;
	const label = bootLabel({
		...base?.Labels,
		...config.labels,
		...labels
	});
	return label === void 0 ? void 0 : `has the label ${label}=1, of which CDI makes no disk: choose another base, or write labels: {${label}: null} in containerconfig`;
}
/** Why the layers of a base can be none of a containerDisk, as the end of a sentence about it; CDI issue 4277. */
function baseLayerProblem({ kinds }, manifest) {
	const zstd = [mediaTypes.layerZstd, mediaTypes.dockerLayerZstd];
	if (!kinds.includes("kubevirt") || !manifest?.layers.some(({ mediaType }) => zstd.includes(mediaType))) return void 0;
	return "has layers of zstd, on which CDI fails (kubevirt/containerized-data-importer issue 4277): choose one of gzip, or leave out kubevirt";
}
function bootLabel(labels) {
	return BOOT_LABELS.find((label) => labels[label] === "1");
}
// src/oci/container/configmembers.ts
/** Go's decoder makes nothing of null. */
const isAbsent = (value) => value === void 0 || value === null;
const isText = (value) => isAbsent(value) || typeof value === "string";
const isTexts$1 = (value) => isAbsent(value) || Array.isArray(value) && value.every((item) => typeof item === "string");
const isFlag = (value) => isAbsent(value) || typeof value === "boolean";
const isMap$1 = (value) => isAbsent(value) || isJsonObject(value);
const isTextMap = (value) => isAbsent(value) || isJsonObject(value) && Object.values(value).every((text) => typeof text === "string");
/** A set: what stands behind a name means nothing, and is an object. */
const isSet = (value) => isAbsent(value) || isJsonObject(value) && Object.values(value).every(isMap$1);
/** RFC 3339 as Go's time.Time reads it. */
const isTime = (value) => isAbsent(value) || typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);
const DOCUMENT = {
	architecture: isText,
	os: isText,
	variant: isText,
	created: isTime,
	author: isText
};
const RUNTIME = {
	User: isText,
	ExposedPorts: isSet,
	Env: isTexts$1,
	Entrypoint: isTexts$1,
	Cmd: isTexts$1,
	Volumes: isSet,
	WorkingDir: isText,
	Labels: isTextMap,
	StopSignal: isText
};
const STEP = {
	created: isTime,
	created_by: isText,
	author: isText,
	comment: isText,
	empty_layer: isFlag
};
/**
* What is wrong with the members of an image's config but its rootfs: who runs the image reads them into fields of one
* kind each, and fails as a whole at another (image-spec specs-go/v1/config.go). Members that are not known may be anything.
*/
function memberViolations(document) {
	const { config, history } = document;
	const steps = Array.isArray(history) ? history : [];
	return [
		...kindViolations(document, DOCUMENT, "it"),
		...miswrittenNames(document, [
			"config",
			"rootfs",
			"history"
		]).map((name) => `it has ${name}, written in another case`),
		...isMap$1(config) ? [] : ["its config is no mapping"],
		...isJsonObject(config) ? kindViolations(config, RUNTIME, "its config") : [],
		...isAbsent(history) || Array.isArray(history) && history.every(isJsonObject) ? [] : ["its history is no list of entries"],
		...steps.filter(isJsonObject).flatMap((step, at) => kindViolations(step, STEP, `step ${at + 1} of its history`))
	];
}
function kindViolations(value, kinds, where) {
	return [...Object.entries(kinds).filter(([name, fits]) => !fits(value[name])).map(([name]) => `${where} has ${name} of the wrong kind`), ...miswrittenNames(value, Object.keys(kinds)).map((name) => `${where} has ${name}, written in another case`)];
}
// src/oci/container/history.ts
/** The step of a layer, in the words that were given. */
function diskStep(ours, { createdBy, author, comment }) {
	return {
		created: ours.created,
		created_by: createdBy || ours.created_by,
		...author ? { author } : {},
		...comment ? { comment } : {}
	};
}
/** How many steps say that they made a layer. */
function layerSteps(history) {
	return history.filter((step) => !step.empty_layer).length;
}
/**
* A history with one step per layer, as others rely on: what a base's history lacks is added at its end (umoci does so
* too). Where it has more steps than layers (squashed images), nobody can tell which made them: all are kept as steps
* without one, and the layers get steps of their own.
*/
function repairedHistory(history, layers) {
	const kept = layerSteps(history) > layers ? history.map((step) => ({
		...step,
		empty_layer: true
	})) : history;
	const missing = layers - layerSteps(kept);
	const filler = {
		created_by: "unknown",
		comment: "the base image says nothing about this layer"
	};
	return [...kept, ...Array.from({ length: missing }, () => filler)];
}
// src/oci/container/config.ts
/**
* The config of an image in the bytes that others wrote; members that are not known stay.
*
* @param subject names it in the error: `the config of ghcr.io/acme/x`
* @throws ImageError when it is too large or deep, no JSON object, lacks architecture, os or diff IDs, or has a
*   member of a kind that nobody who runs it could read
*/
function parseConfig(bytes, subject = "the config") {
	const document = parseDocument$2(bytes, subject);
	const { architecture, os, variant } = document;
	const violations = [
		...typeof architecture === "string" && architecture !== "" ? [] : ["it has no architecture"],
		...typeof os === "string" && os !== "" ? [] : ["it has no os"],
		...variant === void 0 || typeof variant === "string" ? [] : ["its variant is no text"],
		...rootfsViolations(document),
		...memberViolations(document)
	];
	if (violations.length > 0) throw new ImageError("image-invalid", subject, violations);
	const nulls = ["history", "config"].filter((member) => document[member] === null);
	const rootfs = {
		type: "layers",
		diff_ids: [],
		...without(document["rootfs"], emptyMembers(document))
	};
	return {
		...without(document, nulls),
		rootfs
	};
}
function emptyMembers(document) {
	const rootfs = document["rootfs"];
	return isJsonObject(rootfs) && rootfs["diff_ids"] === null ? ["diff_ids"] : [];
}
/** The config with one layer more; the history gets an entry for it, and what the base's history lacks. */
function changedConfig(base, update) {
	const { platform, diffID } = update;
	const created = rfc3339(update.epochSeconds);
	const diffIDs = base?.rootfs.diff_ids ?? [];
	const variant = platform.variant ?? base?.variant;
	const changed = changedRuntimeConfig(base?.config ?? {}, update.changes);
	const labels = update.labels ?? {};
	const runtime = Object.keys(labels).length === 0 ? changed : changedRuntimeConfig(changed, { labels });
	const { author = base?.author, history } = update.changes;
	return {
		...base === void 0 ? {} : without(base, ["variant", "author"]),
		created,
		...author ? { author } : {},
		architecture: platform.architecture,
		os: platform.os,
		...variant ? { variant } : {},
		config: runtime,
		rootfs: {
			type: "layers",
			diff_ids: [...diffIDs, diffID]
		},
		history: [...repairedHistory(base?.history ?? [], diffIDs.length), diskStep({
			created,
			created_by: update.createdBy
		}, history ?? {})]
	};
}
function changedRuntimeConfig(base, changes) {
	const { expose, volumes } = changes;
	const wanted = {
		User: changes.user,
		ExposedPorts: expose && portSet(base.ExposedPorts, expose),
		Env: changes.env && mergedEnv(base.Env ?? [], changes.env),
		Entrypoint: changes.entrypoint,
		Cmd: changes.cmd,
		Volumes: volumes && setOf(base.Volumes, volumes),
		WorkingDir: changes.workdir,
		Labels: changes.labels && mergedRecord(base.Labels ?? {}, changes.labels),
		StopSignal: changes.stopsignal
	};
	const given = Object.entries(wanted).filter(([, value]) => value !== void 0);
	return {
		...without(base, given.map(([key]) => key)),
		...Object.fromEntries(given.filter(([, value]) => !isEmpty(value)))
	};
}
/** The base's order, changed in place, new names behind: later ones may refer to earlier ones only by that order. */
function mergedEnv(base, changes) {
	const entries = new Map(base.map((entry) => [entry.split("=", 1)[0] ?? entry, entry]));
	for (const [name, value] of Object.entries(changes)) if (value === null) entries.delete(name);
	else entries.set(name, `${name}=${value}`);
	return [...entries.values()];
}
function mergedRecord(base, changes) {
	return sortedRecord([...new Map([...Object.entries(base), ...Object.entries(changes)])].filter((entry) => entry[1] !== null));
}
function setOf(base, added) {
	return sortedRecord([...Object.keys(base ?? {}), ...added].map((key) => [key, {}]));
}
/** As they are written, which image-spec config.md allows without a protocol, and a port that is there only once. */
function portSet(base, added) {
	const ports = new Map(Object.keys(base ?? {}).map((key) => [portKey(key), key]));
	for (const port of added) if (!ports.has(portKey(port))) ports.set(portKey(port), port);
	return sortedRecord([...ports.values()].map((key) => [key, {}]));
}
function without(value, keys) {
	return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}
function isEmpty(value) {
	return value === null || value === "" || typeof value === "object" && Object.keys(value).length === 0;
}
function rootfsViolations(document) {
	const rootfs = document["rootfs"];
	if (!isJsonObject(rootfs)) return ["it has no rootfs"];
	const diffIDs = rootfs["diff_ids"] ?? [];
	const valid = Array.isArray(diffIDs) && diffIDs.every((id) => typeof id === "string" && isDigest(id));
	return [...rootfs["type"] === "layers" ? [] : ["its rootfs.type is not \"layers\""], ...valid ? [] : ["its diff_ids are no list of sha256 digests"]];
}
// src/registry/base/base.ts
/** Flags that choose from what holds several platforms; global ones. */
function platformFlags(platform) {
	const { os, architecture, variant } = platform;
	const flags = [
		"--override-os",
		os,
		"--override-arch",
		architecture
	];
	return variant === void 0 ? flags : [
		...flags,
		"--override-variant",
		variant
	];
}
/** For the errors of whatever reads a base. */
function basePurpose(name) {
	return {
		side: "base",
		reference: name,
		failure: `the base ${name} cannot be read`
	};
}
/**
* Asks what a base is now: manifest and config are read and checked against their digests, layers are not.
*
* @param asksPublic whether `isPublic` matters; else it is false and costs nothing
* @throws RegistryError when it cannot be read or has no image for the platform; ImageError when what came is no image
*/
async function resolveBase(base, platform, access, asksPublic = false) {
	const { name, text, publishedName } = base;
	const asked = name.transport === "docker" ? name.reference.digest : void 0;
	const asking = asked === void 0 ? {} : { judge: only(asked) };
	const bytes = await readManifest(imageNameText(name), access, basePurpose(text), asking);
	const entry = chosenEntry(text, bytes, platform);
	const digest = entry?.digest ?? digestOf(bytes);
	const named = {
		name: text,
		publishedName,
		digest
	};
	if (name.transport !== "docker") {
		const chosen = entry?.platform ?? platform;
		const config = await localConfig(base, chosen, entry ? void 0 : parseManifest(bytes, void 0, subject(text)), access);
		checkPlatform(text, config, platform);
		return {
			...named,
			pinned: name,
			platform: chosen,
			config,
			isPublic: false
		};
	}
	const pinned = atDigest(name, digest);
	const manifest = entry ? await childManifest(text, pinned, entry, access) : parseManifest(bytes, void 0, subject(text));
	const config = await registryConfig(text, pinned, manifest, access);
	checkPlatform(text, config, platform);
	baseLayers(manifest, config, `the base ${text}`);
	const isPublic = asksPublic && await readableByAll(pinned, text, access);
	return {
		...named,
		pinned,
		platform,
		manifest,
		config,
		isPublic
	};
}
function atDigest(name, digest) {
	const { registry, repository } = name.reference;
	return {
		transport: "docker",
		reference: {
			registry,
			repository,
			digest
		}
	};
}
function subject(name) {
	return `the manifest of ${name}`;
}
/** The entry of an index for the platform; undefined where the document is no index. */
function chosenEntry(name, bytes, platform) {
	const document = parseDocument$2(bytes, subject(name));
	if (document["schemaVersion"] === 1) throw new ImageError("image-invalid", `the base ${name}`, ["its manifest has schema version 1, which registries gave up: push it again with a current tool"]);
	if (!("manifests" in document)) return void 0;
	const { manifests } = parseIndex(bytes, void 0, `the index of ${name}`);
	const entry = matchingDescriptor(manifests, platform);
	if (entry) return entry;
	const offered = manifests.flatMap((each) => each.platform ? [platformText(each.platform)] : []);
	throw noPlatform(name, platform, [...new Set(offered)].filter((each) => !each.startsWith("unknown/")).sort());
}
function noPlatform(name, platform, offered) {
	const has = offered.length === 0 ? "names no platform at all" : `has ${offered.join(", ")}`;
	return new RegistryError("registry-platform", `the base ${name} has no image for ${platformText(platform)}, it ${has}: choose another base, or set platform`, {
		side: "base",
		reference: name
	});
}
async function childManifest(name, pinned, entry, access) {
	const bytes = await readManifest(imageNameText(pinned), access, basePurpose(name), { judge: only(entry.digest) });
	const document = parseDocument$2(bytes, subject(name));
	return parseManifest(bytes, isJsonObject(document) && "mediaType" in document ? void 0 : entry.mediaType, subject(name));
}
async function registryConfig(name, pinned, manifest, access) {
	const asking = { judge: only(manifest.config.digest) };
	return parseConfig(await readConfig(imageNameText(pinned), access, basePurpose(name), asking), `the config of ${name}`);
}
/** @param manifest of what holds one image alone, to check against */
async function localConfig({ name, text }, platform, manifest, access) {
	const flags = [
		"inspect",
		"--config",
		"--raw",
		...inspectFlags(access)
	];
	const { stdout } = await runSkopeo([
		...platformFlags(platform),
		...flags,
		imageNameText(name)
	], access, basePurpose(text));
	if (manifest !== void 0 && digestOf(stdout) !== manifest.config.digest) throw new ImageError("image-damaged", `the base ${text}`, [`its config is not the ${manifest.config.digest} that its manifest names`]);
	return parseConfig(stdout, `the config of ${text}`);
}
function checkPlatform(name, config, platform) {
	if (!platformMatches(config, platform)) throw noPlatform(name, platform, [platformText(config)]);
}
async function readableByAll(pinned, name, access) {
	const { authfile: _, ...anonymous } = access;
	try {
		await runSkopeo([
			"inspect",
			"--raw",
			"--no-creds",
			...inspectFlags(anonymous),
			imageNameText(pinned)
		], anonymous, basePurpose(name), { tries: 1 });
		return true;
	} catch (error) {
		if (error instanceof RefusedError) return false;
		throw error;
	}
}
// src/registry/base/fetch.ts
const NAME_IN_FOLDER = "base";
/**
* Layers as they are: without the first flag c/image compresses what is not (oci/layout/oci_dest.go), and signatures
* have no place in a layout. The trust policy of the machine is held against them before.
*/
const AS_IT_IS = ["--dest-oci-accept-uncompressed-layers", "--remove-signatures"];
/**
* Fetches the layers of a base: those of the store are taken from there, the others come from where the base is and go
* into the store. Every layer is hashed.
*
* @param folder of this job, not there yet: becomes an OCI layout with the layers in its `blobs/sha256`
* @throws RegistryError when a layer cannot be had or is damaged
*/
async function fetchBase(resolved, folder, store, access) {
	await makeFolder(join(folder, "blobs", "sha256"));
	const { name, publishedName, digest, config, manifest } = resolved;
	const complete = manifest ? await fetchFromRegistry(resolved, manifest, folder, store, access) : await fetchFromHere(resolved, folder, access);
	return {
		manifest: complete,
		config,
		blobs: new Map(complete.layers.map((layer) => [layer.digest, blobPath(folder, layer.digest)])),
		name,
		publishedName,
		digest
	};
}
async function fetchFromRegistry(resolved, manifest, folder, store, access) {
	const layers = distinct(ociManifestFrom(manifest, `the base ${resolved.name}`).layers);
	const missing = [];
	for (const layer of layers) {
		const file = await store?.take(layer.digest);
		if (file === void 0) missing.push(layer);
		else await linkOrCopy(file, blobPath(folder, layer.digest));
	}
	const cached = layers.length - missing.length;
	if (cached > 0) access.report.info(`${cached} of ${layers.length} layers of the base come from the cache`);
	if (missing.length === 0) return manifest;
	const to = folderName("oci", folder, NAME_IN_FOLDER);
	await copyImage({
		from: imageNameText(resolved.pinned),
		to,
		flags: ["--quiet", ...AS_IT_IS]
	}, access, basePurpose(resolved.name));
	for (const layer of missing) {
		const file = blobPath(folder, layer.digest);
		await checkLayer(resolved.name, file, layer);
		await store?.keep(layer.digest, file);
	}
	return manifest;
}
async function fetchFromHere(resolved, folder, access) {
	const from = imageNameText(resolved.pinned);
	const to = folderName("oci", folder, NAME_IN_FOLDER);
	const globals = platformFlags(resolved.platform);
	await copyImage({
		from,
		to,
		flags: ["--quiet", ...AS_IT_IS],
		globals
	}, access, basePurpose(resolved.name));
	const [descriptor] = parseIndex(await readFile(join(folder, "index.json")), void 0, `the copy of ${resolved.name}`).manifests;
	if (!descriptor) throw new ImageError("image-damaged", `the copy of ${resolved.name}`, ["skopeo wrote no manifest"]);
	const manifest = parseManifest(await readFile(blobPath(folder, descriptor.digest)), descriptor.mediaType, `the manifest of ${resolved.name}`);
	const described = {
		...manifest,
		layers: manifest.layers.map((layer, at) => asCompressed(layer, resolved.config, at))
	};
	for (const layer of distinct(described.layers)) await checkLayer(resolved.name, blobPath(folder, layer.digest), layer);
	return described;
}
/**
* Archives and container storages give their layers uncompressed, under a media type with +gzip (c/image
* docker/internal/tarfile/src.go). A layer whose digest is its diff ID is a plain tar.
*/
function asCompressed(layer, config, at) {
	return layer.digest === config.rootfs.diff_ids[at] ? {
		...layer,
		mediaType: mediaTypes.layer
	} : layer;
}
async function checkLayer(name, file, layer) {
	const found = (await lstat(file).catch(() => void 0))?.isFile() ? await fileDigest(file) : void 0;
	if (found?.digest === layer.digest && found.sizeBytes === layer.size) return;
	const what = found === void 0 ? "did not come" : `came damaged (${found.digest}, ${found.sizeBytes} bytes)`;
	throw new RegistryError("registry-damaged", `the base ${name} cannot be used: its layer ${layer.digest} of ${layer.size} bytes ${what}; try again`, {
		side: "base",
		reference: name
	});
}
function distinct(layers) {
	return [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
}
async function linkOrCopy(from, to) {
	await link(from, to).catch(async () => await copyFile(from, to));
}
// src/registry/base/archivekind.ts
/** What skopeo looks for: c/image oci/layout/oci_src.go, docker/internal/tarfile/reader.go. */
const INDEX = "index.json";
const MANIFEST = "manifest.json";
/** Of a packed file: a base of gigabytes is unpacked whole once, by the job. */
const UNPACKED_BYTES = 262144;
/** Ends the reading: a pipeline has no other end than that of its source. */
var Enough = class extends Error {};
/**
* Looks into a file, reading headers alone where it is not packed, and its beginning where it is.
*
* @throws errors of the file system
*/
async function archiveAt(path) {
	const packing = await packingOf(path);
	if (packing === "xz" || packing === "bzip2") return { packing };
	const names = new Names();
	const packed = packing === void 0 ? {} : { packing };
	try {
		if (packing === void 0) await collectFile(path, names);
		else await readUnpacked(path, packing, (content) => collectStream(content, names));
	} catch (error) {
		if (error instanceof Enough) return packed;
		if (!(error instanceof TarError || isUnpackingError(error))) throw error;
		return {
			...packed,
			kinds: [],
			broken: error.message
		};
	}
	const kinds = [...names.hasIndex && names.stray === void 0 ? ["oci-archive"] : [], ...names.hasManifest ? ["docker-archive"] : []];
	const isStray = names.hasIndex && kinds.length === 0;
	return {
		...packed,
		kinds,
		...isStray ? { broken: `${names.stray} leads out of it` } : {}
	};
}
/** What of an archive's names tells what it is. */
var Names = class {
	hasIndex = false;
	hasManifest = false;
	/**
	* An entry that has no place in a layout. skopeo unpacks an oci-archive into a folder first, as whoever runs it and
	* without a wall around it, where such an entry would lead the next ones to any place of the machine.
	*/
	stray;
	add({ path, kind }) {
		const name = path.replace(/^(?:\.?\/)+/, "");
		if (kind !== "directory" && name === INDEX) this.hasIndex = true;
		if (kind !== "directory" && name === MANIFEST) this.hasManifest = true;
		if (path.startsWith("/") || path.split("/").includes("..") || kind !== "file" && kind !== "directory") this.stray ??= `its entry ${JSON.stringify(path)}`;
	}
};
async function collectFile(path, names) {
	await using file = await open(path, "r");
	await collect(fileSource(file, (await file.stat()).size), names);
}
async function collectStream(content, names) {
	const source = streamSource(beginning(content));
	await collect(source, names);
	await source.skip(Number.POSITIVE_INFINITY);
}
async function* beginning(content) {
	let left = UNPACKED_BYTES;
	for await (const chunk of content) {
		yield chunk.subarray(0, left);
		left -= chunk.length;
		if (left <= 0) throw new Enough();
	}
}
async function collect(source, names) {
	for await (const item of tarItems(source)) names.add(item);
}
// src/registry/base/basefile.ts
/**
* Looks at what a base's name leads to, as far as that is on this machine.
*
* @param text what the user wrote, for the problem
* @returns the problem where there is nothing, or something else than a container
*/
async function findBase(name, text) {
	switch (name.transport) {
		case "docker": return await mistakenFile(text) ?? { name };
		case "docker-daemon":
		case "containers-storage": return { name };
		case "oci": return await folderProblem(name.path, text, "oci") ?? { name };
		case "oci-archive":
		case "docker-archive": return await archiveBase(name.path, text, name.transport, name.name);
		case "dir":
		case "path": return await baseAtPath(name.path, text);
	}
}
/** `base.oci.tar` is a reference as well: whoever has such a file means the file. */
async function mistakenFile(text) {
	if (!(await stat(text).catch(() => void 0))?.isFile()) return void 0;
	return { problem: `'${text}' is the name of a file and of a reference: write file:${text} for the file, docker://${text} for the reference` };
}
/** KIWI's `dir:` and an absolute path name an archive, skopeo's `dir:` a folder: what is there decides. */
async function baseAtPath(path, text) {
	if (!(await stat(path).catch(() => void 0))?.isDirectory()) return await archiveBase(path, text);
	if (text.startsWith("file:")) return { problem: `'${text}' is a folder: ${await folderAdvice(path)}` };
	return await folderProblem(path, text, "dir") ?? { name: {
		transport: "dir",
		path
	} };
}
async function archiveBase(path, text, wanted, image) {
	const stats = await stat(path).catch(() => void 0);
	if (stats?.isDirectory()) return { problem: `'${text}' is a folder: ${await folderAdvice(path)}` };
	if (!stats?.isFile()) return { problem: `'${text}' is not there: name the file of a container archive` };
	if (!await isReadable(path)) return { problem: `'${text}' cannot be read: give us the right to read it` };
	if (path.includes(":")) return { problem: `'${text}' has a colon in its path, which skopeo does not take: rename it` };
	const archive = await archiveAt(path);
	const problem = archiveProblem(archive, text, wanted);
	if (problem !== void 0) return problem;
	const kind = wanted ?? archive.kinds?.[0];
	const of = image === void 0 ? {} : { image };
	if (archive.packing !== void 0) return {
		packing: archive.packing,
		path,
		...kind ? { kind } : {},
		...of
	};
	return kind === void 0 ? neither(text) : { name: archiveName(kind, path, image) };
}
/** Why an archive cannot be read as what it was named; undefined when it can, or while its content is not known. */
function archiveProblem({ kinds, broken }, text, wanted) {
	if (kinds === void 0) return void 0;
	const [found] = kinds;
	if (found === void 0) return neither(text, broken);
	if (wanted === void 0 || kinds.includes(wanted)) return void 0;
	return { problem: `'${text}' is no ${wanted} but an ${found}: write ${found}:FILE`.replace("an docker", "a docker") };
}
function archiveName(transport, path, image) {
	return {
		transport,
		path,
		...image === void 0 ? {} : { name: image }
	};
}
function neither(text, broken) {
	return { problem: `'${text}' is no archive of a container, ${broken === void 0 ? "it holds neither index.json nor manifest.json" : `it is broken (${broken})`}: name one of oci-archive or docker-archive` };
}
async function folderProblem(path, text, wanted) {
	const stats = await stat(path).catch(() => void 0);
	if (stats === void 0) return { problem: `'${text}' is not there: name the folder of a container` };
	if (!stats.isDirectory()) return { problem: `'${text}' is a file: write file:PATH, oci-archive:FILE or docker-archive:FILE` };
	if (await isFile(join(path, wanted === "oci" ? "index.json" : "manifest.json"))) return void 0;
	return { problem: `'${text}' is no container folder of that kind: ${await folderAdvice(path)}` };
}
/** What to write for a folder that is there. */
async function folderAdvice(path) {
	if (await isFile(join(path, "index.json"))) return "it is an OCI layout: write oci:DIR";
	if (await isFile(join(path, "manifest.json"))) return "it is a folder of skopeo: write dir:DIR";
	return "it holds no container: name an OCI layout, or the file of a container archive";
}
async function isFile(path) {
	return (await stat(path).catch(() => void 0))?.isFile() === true;
}
async function isReadable(path) {
	return access(path, constants.R_OK).then(() => true, () => false);
}
// src/registry/base/openbase.ts
const PROGRAMS = {
	xz: "xz",
	bzip2: "bzip2"
};
/**
* Makes a base ready to be read: a packed archive is unpacked, once, for skopeo would do so at every question, and docker's
* engine is asked for its image.
*
* @param text what the user wrote, found good by the plan
* @param folder of this job, not there yet, for what is unpacked
* @throws RegistryError when it is gone, no container or broken; HostError when the engine does not answer or the disk is
*   full; CommandError when the program to unpack it is missing
*/
async function openBase(text, folder, access) {
	const parsed = parseBase(text);
	if (parsed === "scratch") return parsed;
	const found = "problem" in parsed ? parsed : await findBase(parsed, text);
	if ("problem" in found) throw refused$1(text, found.problem);
	if ("packing" in found) {
		const { kind: wanted, path, image } = found;
		const unpacked = await unpackArchive(found, text, await newFolder(folder), access);
		const kind = await kindOf(unpacked, text, wanted);
		const published = publishedName(archiveName(kind, path, image));
		return {
			name: archiveName(kind, unpacked, image),
			text,
			publishedName: published
		};
	}
	const published = publishedName(found.name);
	if (found.name.transport !== "docker-daemon") return {
		name: found.name,
		text,
		publishedName: published
	};
	const saved = await saveArchive(found.name.path, text, await newFolder(folder), access);
	return {
		name: archiveName(await kindOf(saved, text), saved),
		text,
		publishedName: published
	};
}
async function newFolder(folder) {
	folderName("dir", folder);
	await makeFolder(folder);
	return folder;
}
async function kindOf(path, text, wanted) {
	const archive = await archiveAt(path);
	const problem = archiveProblem(archive, text, wanted);
	if (problem !== void 0) throw refused$1(text, problem.problem);
	const kind = wanted ?? archive.kinds?.[0];
	if (kind === void 0 || archive.packing !== void 0) throw refused$1(text, `'${text}' is packed twice: unpack it once`);
	return kind;
}
/** From docker's engine, which skopeo of older distributions does not reach. @returns the archive */
async function saveArchive(name, text, folder, access) {
	const target = join(folder, "base.tar");
	const refusal = await saveImage(name, target, access);
	if (refusal !== void 0) {
		const message = `the base ${text} cannot be read: docker's daemon says ${refusal.reason}`;
		throw new RegistryError(refusal.isMissing ? "registry-missing" : "registry-engine", message, {
			side: "base",
			reference: text
		});
	}
	return target;
}
async function unpackArchive(packed, text, folder, access) {
	const { packing, path } = packed;
	const target = join(folder, "base.tar");
	const { signal } = access;
	access.report.info(`Unpacks the base ${text}`);
	try {
		if (packing === "gzip" || packing === "zstd") await unpackFile(path, packing, target, signal);
		else {
			const program = PROGRAMS[packing];
			const link = `${target}.${packing === "xz" ? "xz" : "bz2"}`;
			await symlink(resolve(path), link);
			await runCommand(program, [
				"--decompress",
				"--keep",
				"--force",
				link
			], signal === void 0 ? {} : { signal });
		}
	} catch (error) {
		const reason = lacksSpace(error) ? void 0 : brokenReason(error);
		if (reason === void 0) throw spaceError(error, folder);
		throw refused$1(text, `the base ${text} cannot be unpacked: ${reason}`);
	}
	return target;
}
/** What is the archive's fault; all else is the machine's or the user's. */
function brokenReason(error) {
	if (error instanceof CommandError && error.outcome.kind === "exit") return error.lastLines.at(-1) ?? error.message;
	return isUnpackingError(error) ? error.message : void 0;
}
function refused$1(text, message) {
	return new RegistryError("registry-archive", message, {
		side: "base",
		reference: text
	});
}
// src/job/base.ts
const KEPT_DAYS$1 = 30;
/**
* Asks what the plan's base is now, before anything is built on it.
*
* @returns undefined for `scratch`
* @throws RegistryError when it is no container, cannot be read, is not for the platform, or cannot be what a kind asks for
*/
async function resolvePlannedBase(plan, job) {
	const base = await openBase(plan.base, archiveFolder(job), job.access);
	if (base === "scratch") return void 0;
	const resolved = await resolveBase(base, plan.platform, job.access, job.caches.remote !== void 0);
	refuse(resolved, baseLabelProblem(plan, resolved.config.config) ?? baseLayerProblem(plan, resolved.manifest));
	job.report.info(`Base: ${resolved.publishedName} is ${resolved.digest} for ${platformText(plan.platform)} (from ${plan.baseSource})`);
	return resolved;
}
/** Where a packed archive is unpacked. */
function archiveFolder(job) {
	return join(job.workFolder, "base-archive");
}
/**
* Fetches the layers of the base, from the caches where they are there, and makes sure that the disk can go on them. Every
* layer is hashed, wherever it comes from.
*
* @throws RegistryError when a layer cannot be had, or when the base has something where the disk goes, or cannot be what
*   a kind asks for; ImageError when a layer is not the one that the base's config names
*/
async function fetchPlannedBase(resolved, plan, job) {
	const base = await fetchFromCaches(resolved, job);
	await rm(archiveFolder(job), {
		recursive: true,
		force: true
	});
	refuse(resolved, baseLayerProblem(plan, base.manifest));
	await checkBase(base, diskPlace(plan.diskPath, plan.kinds.includes("kubevirt")), job.signal);
	return base;
}
/** @param problem the end of a sentence about the base; none where left out */
function refuse({ name }, problem) {
	if (problem !== void 0) throw new RegistryError("registry-unfit", `the base ${name} ${problem}`, {
		side: "base",
		reference: name
	});
}
/** Whether a file of a cache's entry is a layer of this base, under its name, with its content. */
function layersOf({ manifest }) {
	const sizes = new Map(manifest?.layers.map(({ digest, size }) => [digestHex(digest), size]));
	return ({ path, sizeBytes, sha256 }) => path === `blobs/sha256/${sha256}` && sizes.get(sha256) === sizeBytes;
}
async function fetchFromCaches(resolved, job) {
	const { caches, report } = job;
	const nowMilliseconds = job.machine.now();
	const into = join(job.workFolder, "base");
	if (caches.folder === void 0) return fetchBase(resolved, into, void 0, job.access);
	const folder = caches.remote ? join(caches.folder, "base", digestHex(resolved.digest)) : join(caches.folder, "base");
	const store = new BlobStore(folder, nowMilliseconds, report);
	const remote = resolved.isPublic ? caches.remote : void 0;
	const accepts = layersOf(resolved);
	const entry = {
		key: baseKey(resolved.digest),
		folder,
		what: `the base ${resolved.name}`,
		accepts
	};
	const restored = remote !== void 0 && await remote.restore(entry);
	const base = await fetchBase(resolved, into, store, job.access);
	if (!restored) await remote?.save(entry);
	await store.prune(KEPT_DAYS$1, nowMilliseconds);
	return base;
}
// src/plan/diskpath.ts
/** Where the disk is in the image, absolute. */
function plannedDiskPath({ source, format, diskPath }) {
	return diskPath ?? `/disk/${diskStem(source)}.${diskFormat(format).extension}`;
}
/** What the disk is called where no input says it, without its ending: as by `bundle_format`, by KIWI, or as its file. */
function diskStem(source) {
	if (source.kind === "description") return source.diskName ?? source.kiwiName;
	return basename(source.path).replace(/(?<=.)\.[^.]+$/, "");
}
/** What a disk of podman machine is called, without its endings, which name the architecture already. */
function machineStem(source) {
	return source.kind === "description" ? source.diskName ?? source.name : diskStem(source);
}
// src/plan/kinds.ts
/** Whether the disk goes into a tree of files, in which a base and a path have a meaning. */
function hasTree(kinds) {
	return kinds.includes("container") || kinds.includes("kubevirt");
}
// src/plan/format.ts
/** What each kind of machine starts from: podman pkg/machine/define/image_format.go. */
const DISK_TYPE_FORMATS = {
	qemu: "qcow2",
	applehv: "raw",
	hyperv: "vhdx"
};
/** The format of the disk that a kind of machine takes. */
function diskTypeFormat(diskType) {
	return DISK_TYPE_FORMATS[diskType];
}
// src/plan/children.ts
/** What a job of the plan writes, in the order of the index: the image first. More than one child makes an index. */
function plannedChildren(plan) {
	return [
		...imageChildren(plan),
		...artifactChildren(plan),
		...machineChildren(plan),
		...earlierMachine(plan)
	];
}
/** Whether the result is an index, and no single manifest. */
function isIndex({ kinds }) {
	return kinds.includes("podman-machine");
}
/** How the blob of a child is compressed; podman machine takes its disks packed by zstd, an artifact is the disk itself. */
function childCompression({ compression }, { kind }) {
	if (kind === "artifact") return { algorithm: "none" };
	if (hasTree([kind]) || compression.algorithm === "zstd") return compression;
	return { algorithm: "zstd" };
}
/** Each disk that the children need, once, in the order in which they need it. */
function plannedDisks(plan) {
	const disks = /* @__PURE__ */ new Map();
	for (const child of plannedChildren(plan)) {
		const { format, packsClusters } = child;
		const key = JSON.stringify([format, packsClusters]);
		const fileName = hasTree([child.kind]) ? basename(child.path) : nameWithEnding(plan, format);
		const { children = [], ...disk } = disks.get(key) ?? {
			format,
			packsClusters,
			fileName
		};
		disks.set(key, {
			...disk,
			children: [...children, child]
		});
	}
	return [...disks.values()];
}
function imageChildren(plan) {
	const { kinds, format, compression } = plan;
	const kind = ["container", "kubevirt"].find((each) => kinds.includes(each));
	if (kind === void 0) return [];
	return [{
		kind,
		format,
		packsClusters: format === "qcow2" && compression.algorithm === "none",
		path: plannedDiskPath(plan)
	}];
}
function artifactChildren(plan) {
	const { kinds, format } = plan;
	if (!kinds.includes("artifact")) return [];
	return [{
		kind: "artifact",
		format,
		packsClusters: format === "qcow2",
		path: nameWithEnding(plan, format)
	}];
}
/** podman pkg/machine/ocipull/ociartifact.go takes the last two endings of the title, the format and the compression. */
function machineChildren(plan) {
	const architecture = machineArchitecture(plan.platform);
	return plan.diskTypes.map((diskType) => {
		const format = diskTypeFormat(diskType);
		return {
			kind: "podman-machine",
			diskType,
			format,
			packsClusters: false,
			path: `${machineStem(plan.source)}.${architecture}.${diskType}.${diskFormat(format).extension}.zst`
		};
	});
}
/** podman 4.9 pkg/machine/ocidir.go names the disk by the file of the tar without its last ending. */
function earlierMachine(plan) {
	const { kinds, format } = plan;
	if (!kinds.includes("podman-machine-4")) return [];
	return [{
		kind: "podman-machine-4",
		format,
		packsClusters: false,
		path: `/${nameWithEnding(plan, format)}.zst`
	}];
}
function nameWithEnding(plan, format) {
	return `${diskStem(plan.source)}.${diskFormat(format).extension}`;
}
// src/oci/artifact.ts
/** What an artifact of ours is; image-spec manifest.md, "Guidelines for Artifact Usage". */
const artifactTypes = {
	/** A disk as a file. */
	disk: "application/vnd.kiwi-oci.disk.v1",
	podmanMachine: "application/vnd.kiwi-oci.podman-machine.v1"
};
/** Of the config of every artifact of ours. */
const DISK_CONFIG = "application/vnd.kiwi-oci.disk.config.v1+json";
/** Of a disk compressed by zstd; RFC 8878, section 7.1. */
const ZSTD_BLOB = "application/zstd";
/** Valid on a layer: the name of the file that it is; image-spec annotations.md. */
const TITLE = "org.opencontainers.image.title";
/** Media type of a disk that is a blob as it is: `application/vnd.kiwi-oci.disk.qcow2`. */
function diskMediaType(format) {
	return `application/vnd.kiwi-oci.disk.${format}`;
}
/**
* A disk as an OCI artifact: one blob under its file name. The config names the blob, so that no two of different blobs
* share one: composefs-rs takes an artifact for another with the same config (composefs-oci, skopeo.rs, 2026-08).
*
* @throws ImageError when `titleProblem` has one, or the blob's media type says it is a tar, which composefs would unpack
*/
function diskArtifact(request) {
	const { artifactType, platform, title, disk } = request;
	const { mediaType, digest, size } = request.blob;
	const isTar = isTarType(mediaType) ? `its media type ${mediaType} says it is a tar` : void 0;
	const problems = [titleProblem(title), isTar].filter((problem) => problem !== void 0);
	if (problems.length > 0) throw new ImageError("image-invalid", `the artifact ${JSON.stringify(title)}`, problems);
	const { architecture, os, variant } = platform;
	const entryPlatform = {
		architecture,
		os,
		...variant === void 0 ? {} : { variant }
	};
	const { format, virtualSizeBytes: virtualSize, sizeBytes, digest: diskDigest } = disk;
	const configBytes = documentBytes({
		...entryPlatform,
		disk: {
			format,
			virtualSize,
			size: sizeBytes,
			digest: diskDigest
		},
		blob: digest
	});
	const manifest = {
		schemaVersion: 2,
		mediaType: mediaTypes.manifest,
		artifactType,
		config: {
			mediaType: DISK_CONFIG,
			digest: digestOf(configBytes),
			size: configBytes.length
		},
		layers: [{
			mediaType,
			digest,
			size,
			annotations: { [TITLE]: title }
		}],
		...annotationsMember(request.annotations)
	};
	const manifestBytes = documentBytes(manifest);
	return {
		manifest,
		manifestBytes,
		configBytes,
		descriptor: {
			mediaType: mediaTypes.manifest,
			digest: digestOf(manifestBytes),
			size: manifestBytes.length,
			...annotationsMember(request.entryAnnotations),
			platform: entryPlatform,
			artifactType
		}
	};
}
/** Why a text cannot be the name of an artifact's file, as the end of a sentence about it; podman libartifact, store.go. */
function titleProblem(title) {
	if (title === "" || title === "." || title === "..") return `its title ${JSON.stringify(title)} is no name of a file`;
	if (/[/\\]/.test(title)) return `its title ${JSON.stringify(title)} holds a folder`;
	if (/\p{Cc}/u.test(title)) return `its title ${JSON.stringify(title)} holds a control character`;
}
/** Whether a media type is that of a container's layer. */
function isTarType(mediaType) {
	return /^application\/vnd\.(oci\.image\.layer\.|docker\.image\.rootfs\.)/.test(mediaType);
}
// src/oci/image.ts
/**
* The image of a base's layers, untouched, with one layer on top; without a base that layer alone. The base's own
* manifest annotations are about the base and do not go on.
*
* @throws what `checkedLayers` does
*/
function append(base, layer, facts) {
	const baseLayers = base === void 0 ? [] : checkedLayers(base, facts.platform);
	const { diffID, mediaType, digest, size } = layer;
	const config = changedConfig(base?.config, {
		...facts,
		diffID
	});
	const configBytes = documentBytes(config);
	const manifest = {
		schemaVersion: 2,
		mediaType: mediaTypes.manifest,
		config: {
			mediaType: mediaTypes.config,
			digest: digestOf(configBytes),
			size: configBytes.length
		},
		layers: [...baseLayers, {
			mediaType,
			digest,
			size
		}],
		annotations: defaultAnnotations(facts, base)
	};
	const manifestBytes = documentBytes(manifest);
	const { os, architecture, variant } = config;
	return {
		manifest,
		manifestBytes,
		config,
		configBytes,
		descriptor: {
			mediaType: mediaTypes.manifest,
			digest: digestOf(manifestBytes),
			size: manifestBytes.length,
			platform: {
				architecture,
				os,
				...variant === void 0 ? {} : { variant }
			}
		}
	};
}
/**
* What is said of every image and artifact of ours, under the user's annotations; image-spec annotations.md, "Pre-Defined
* Annotation Keys".
*/
function defaultAnnotations(facts, base) {
	const { title, version } = facts;
	const own = {
		"org.opencontainers.image.created": rfc3339(facts.epochSeconds),
		"org.opencontainers.image.title": title,
		"org.opencontainers.image.version": version,
		"org.opencontainers.image.base.name": base?.publishedName,
		"org.opencontainers.image.base.digest": base?.digest
	};
	return sortedRecord([...new Map([...Object.entries(own), ...Object.entries(facts.annotations)])].filter((entry) => entry[1] !== void 0));
}
// src/oci/layer/extent.ts
function extentLength(extent) {
	return extent.kind === "bytes" ? extent.bytes.length : extent.length;
}
// src/oci/layer/diskbytes.ts
/**
* What is read at once, and hashed while the processor still has it at hand; in between whoever compresses is given work.
* It is not read by another thread: that waits for a processor each time, while all are busy compressing.
*/
const STEP_BYTES = 262144;
/** The bytes of a disk, read piece by piece and hashed on the way; holes and zeros are not read. */
var DiskBytes = class DiskBytes {
	#disk;
	#source;
	#extents;
	#hash = createHash("sha256");
	/** What is left of the extent under way. */
	#extent;
	#done = 0;
	#digest;
	constructor(disk, source, extents) {
		this.#disk = disk;
		this.#source = source;
		this.#extents = extents.values();
	}
	/**
	* @param frameOf round a disk of that many bytes; none where left out
	* @throws HostError when the source is no regular file; what `frameOf` throws
	*/
	static async open(file, frameOf) {
		const disk = await open(file.source, "r");
		try {
			const stats = await disk.stat();
			if (!stats.isFile()) throw new HostError("host-disk", `the disk ${file.source} is not a file`, "give the path of a disk file");
			const content = file.content ?? [{
				kind: "data",
				offset: 0,
				length: stats.size
			}];
			const frame = frameOf?.(content.reduce((total, extent) => total + extentLength(extent), 0));
			const framed = (bytes) => bytes ? [{
				kind: "bytes",
				bytes
			}] : [];
			return new DiskBytes(disk, file.source, [
				...framed(frame?.head),
				...content,
				...framed(frame?.tail)
			]);
		} catch (error) {
			await disk.close();
			throw error;
		}
	}
	/** @throws HostError when the source has become shorter */
	async fill(target) {
		let filled = 0;
		while (filled < target.length) {
			const extent = this.#current();
			if (extent === void 0) break;
			const left = Math.min(extentLength(extent) - this.#done, STEP_BYTES);
			const taken = this.#take(extent, target.subarray(filled, filled + left));
			this.#hash.update(target.subarray(filled, filled + taken));
			this.#done += taken;
			filled += taken;
			await setImmediate();
		}
		return filled;
	}
	/** Of all that was read; nothing can be read after it. */
	get digest() {
		this.#digest ??= `sha256:${this.#hash.digest("hex")}`;
		return this.#digest;
	}
	async [Symbol.asyncDispose]() {
		await this.#disk.close();
	}
	#current() {
		while (this.#extent === void 0 || this.#done === extentLength(this.#extent)) {
			const next = this.#extents.next();
			if (next.done === true) return void 0;
			this.#extent = next.value;
			this.#done = 0;
		}
		return this.#extent;
	}
	#take(extent, room) {
		switch (extent.kind) {
			case "bytes": return extent.bytes.copy(room, 0, this.#done);
			case "zeros":
				room.fill(0);
				return room.length;
			case "data": {
				const taken = readSync(this.#disk.fd, room, 0, room.length, extent.offset + this.#done);
				if (taken === 0) throw changedDisk(this.#source);
				return taken;
			}
		}
	}
};
// src/oci/layer/diskblob.ts
const CHUNK_BYTES = 1048576;
/**
* Writes a disk as a blob: read once, compressed by several threads and hashed on the way, in constant memory. The blob
* gets its name when it is whole; on an error or an abort nothing of it stays. Its bytes do not depend on the machine or
* the number of threads.
*
* @param frameOf what stands round a disk of that many bytes; nothing where left out
* @throws HostError when the disk file is no regular file, changes while it is read (or since it had `state`), or the
*   disk is full; AbortError after `signal`; what `frameOf` throws; other errors of the file system are passed on
*/
async function writeDiskBlob(file, options, frameOf) {
	const { compression, signal } = options;
	signal?.throwIfAborted();
	const before = file.state ?? await fileState(file.source);
	await using bytes = await DiskBytes.open(file, frameOf);
	const content = checked(blobContent(bytes, options), file.source, before);
	const isPlain = methodOf(compression) === void 0;
	const { digest, sizeBytes } = await writeBlob(options.blobs, content, isPlain ? () => bytes.digest : void 0);
	return {
		digest,
		size: sizeBytes,
		contentDigest: bytes.digest
	};
}
function blobContent(source, { compression, threads, signal }) {
	const method = methodOf(compression);
	if (method === void 0) return plainChunks(source, signal);
	return compressed(source, method, {
		...threads === void 0 ? {} : { threads },
		...signal === void 0 ? {} : { signal }
	});
}
async function* plainChunks(source, signal) {
	const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
	for (;;) {
		signal?.throwIfAborted();
		const length = await source.fill(buffer);
		if (length === 0) return;
		yield buffer.subarray(0, length);
	}
}
/** Fails at the end, before the blob gets its name, where the file is not what it was. */
async function* checked(content, source, before) {
	yield* content;
	await checkUnchanged(source, before);
}
// src/job/artifact.ts
/**
* Writes a disk as an artifact: one blob under its name. The same disk, request and time give the same digest.
*
* @throws HostError when the disk file changes meanwhile or there is no space; ImageError for a name that no file can
*   have; AbortError after `signal`
*/
async function writeArtifact(layout, request) {
	const { disk, fileName, compression, diskType, annotations, platform, signal } = request;
	const options = {
		compression,
		blobs: layout.blobs,
		...signal === void 0 ? {} : { signal }
	};
	const { digest, size, contentDigest } = await writeDiskBlob(disk.file, options);
	const { format, virtualSizeBytes, sizeBytes } = disk;
	const artifact = diskArtifact({
		artifactType: diskType === void 0 ? artifactTypes.disk : artifactTypes.podmanMachine,
		platform: diskType === void 0 ? platform : machinePlatform(platform),
		blob: {
			mediaType: diskType === void 0 ? diskMediaType(format) : ZSTD_BLOB,
			digest,
			size
		},
		title: fileName,
		disk: {
			format,
			virtualSizeBytes,
			sizeBytes,
			digest: contentDigest
		},
		annotations: defaultAnnotations({
			...request,
			annotations: annotationsFor(annotations, "manifest", platform)
		}),
		entryAnnotations: {
			...annotationsFor(annotations, "manifest-descriptor", platform),
			...diskType === void 0 ? {} : { [DISK_TYPE_ANNOTATION]: diskType }
		}
	});
	await putBlob(layout, artifact.configBytes);
	await putBlob(layout, artifact.manifestBytes);
	return {
		descriptor: artifact.descriptor,
		blob: {
			digest,
			size
		}
	};
}
/** podman pkg/machine/ocipull/source.go: the kernel's names, without variant. */
function machinePlatform(platform) {
	const architecture = machineArchitecture(platform);
	if (architecture === void 0) throw new Error(`podman machine on ${platform.architecture}`);
	return {
		os: "linux",
		architecture
	};
}
// src/disk/formats/qcow2.ts
/** What every QEMU since 1.1 makes and reads. */
const CLUSTER_BYTES = 65536;
const L2_ENTRIES = CLUSTER_BYTES / 8;
const REFCOUNTS_PER_BLOCK = CLUSTER_BYTES / 2;
const HEADER_BYTES$2 = 104;
/** In an entry of L1 and L2: the cluster has one user and may be written in place. */
const COPIED = 1n << 63n;
/**
* Lays out a qcow2 (version 3, as `qemu-img convert -O qcow2` makes it) of plain clusters in the order of the disk, all
* tables in front, so that it can be written in one pass; QEMU docs/interop/qcow2.rst.
*
* @param sizeBytes of the disk
* @param used whole clusters that hold something, in order
*/
function qcow2Map(sizeBytes, used) {
	const dataClusters = used.reduce((total, { length }) => total + Math.ceil(length / CLUSTER_BYTES), 0);
	const l1Entries = Math.ceil(sizeBytes / CLUSTER_BYTES / L2_ENTRIES);
	const tables = new Set(used.flatMap(tablesOf));
	const l1Clusters = Math.max(1, Math.ceil(l1Entries * 8 / CLUSTER_BYTES));
	const { blocks, tableClusters } = refcountClusters(1 + l1Clusters + tables.size + dataClusters);
	const l1At = 1 + tableClusters + blocks;
	const l2At = l1At + l1Clusters;
	const dataAt = l2At + tables.size;
	const head = Buffer.alloc(dataAt * CLUSTER_BYTES);
	writeHeader(head, {
		sizeBytes,
		l1Entries,
		l1At,
		tableClusters
	});
	for (let block = 0; block < blocks; block++) writeAddress(head, CLUSTER_BYTES + block * 8, 1 + tableClusters + block);
	const total = dataAt + dataClusters;
	for (let cluster = 0; cluster < total; cluster++) head.writeUInt16BE(1, (1 + tableClusters) * CLUSTER_BYTES + cluster * 2);
	writeMapping(head, used, {
		l1At,
		l2At,
		dataAt
	});
	return {
		head,
		data: used,
		sizeBytes: total * CLUSTER_BYTES
	};
}
/** Numbers of the L2 tables that a range has entries in. */
function tablesOf({ offset, length }) {
	const [first, last] = [offset, offset + length - 1].map((at) => Math.floor(at / CLUSTER_BYTES / L2_ENTRIES));
	return Array.from({ length: (last ?? 0) - (first ?? 0) + 1 }, (_, at) => (first ?? 0) + at);
}
/** Refcount blocks count themselves too, and their table. */
function refcountClusters(others) {
	let blocks = 1;
	let tableClusters = 1;
	while (blocks * REFCOUNTS_PER_BLOCK < others + blocks + tableClusters) {
		blocks++;
		tableClusters = Math.ceil(blocks * 8 / CLUSTER_BYTES);
	}
	return {
		blocks,
		tableClusters
	};
}
function writeHeader(head, about) {
	head.write("QFIû", 0, "latin1");
	head.writeUInt32BE(3, 4);
	head.writeUInt32BE(Math.log2(CLUSTER_BYTES), 20);
	head.writeBigUInt64BE(BigInt(about.sizeBytes), 24);
	head.writeUInt32BE(about.l1Entries, 36);
	head.writeBigUInt64BE(BigInt(about.l1At * CLUSTER_BYTES), 40);
	head.writeBigUInt64BE(BigInt(CLUSTER_BYTES), 48);
	head.writeUInt32BE(about.tableClusters, 56);
	head.writeUInt32BE(4, 96);
	head.writeUInt32BE(HEADER_BYTES$2, 100);
}
function writeMapping(head, used, at) {
	const places = /* @__PURE__ */ new Map();
	let data = at.dataAt;
	for (const { offset, length } of used) {
		const first = offset / CLUSTER_BYTES;
		const end = Math.ceil((offset + length) / CLUSTER_BYTES);
		for (let cluster = first; cluster < end; cluster++) {
			const table = Math.floor(cluster / L2_ENTRIES);
			let place = places.get(table);
			if (place === void 0) {
				place = at.l2At + places.size;
				places.set(table, place);
				writeEntry(head, at.l1At * CLUSTER_BYTES + table * 8, place);
			}
			writeEntry(head, place * CLUSTER_BYTES + cluster % L2_ENTRIES * 8, data++);
		}
	}
}
function writeEntry(head, at, cluster) {
	head.writeBigUInt64BE(BigInt(cluster) * BigInt(CLUSTER_BYTES) | COPIED, at);
}
function writeAddress(head, at, cluster) {
	head.writeBigUInt64BE(BigInt(cluster) * BigInt(CLUSTER_BYTES), at);
}
// src/disk/range.ts
/** Ranges in order, of which those that touch or overlap become one. */
function joinedRanges(ranges) {
	const result = [];
	for (const range of ranges) addRange(result, range);
	return result;
}
/** Puts a range behind the others, which start before it, and joins it with the last one where they touch. */
function addRange(ranges, range) {
	const last = ranges.at(-1);
	if (last === void 0 || last.offset + last.length < range.offset) ranges.push(range);
	else {
		const end = Math.max(last.offset + last.length, range.offset + range.length);
		ranges[ranges.length - 1] = {
			offset: last.offset,
			length: end - last.offset
		};
	}
}
// src/disk/ranges.ts
/**
* Where a file is no hole, in order, as its file system tells, which is more than what is not zero. Node cannot ask for
* it (lseek(2), SEEK_DATA), qemu-img can.
*
* @throws HostError where the file is shorter than it was
*/
async function allocatedRanges(path, { sizeBytes, signal }) {
	const { stdout } = await runCommand("qemu-img", [
		"map",
		"--output=json",
		"-f",
		"raw",
		"--",
		resolve(path)
	], signal === void 0 ? {} : { signal });
	if ((await stat(path)).size < sizeBytes) throw changedDisk(path);
	return wholeGrains(JSON.parse(stdout.toString()).filter(({ data }) => data).map(({ start, length }) => ({
		offset: start,
		length
	})), {
		grainBytes: 1,
		sizeBytes
	});
}
/**
* Reads a file grain by grain, but none that is all zeros: the same content gives the same grains, wherever it has holes.
* The last one ends with the file. The bytes hold until the next grain is asked for.
*
* @throws HostError where the file is shorter than it was
*/
async function* usedGrains(path, facts) {
	const { grainBytes, signal } = facts;
	const ranges = wholeGrains(await allocatedRanges(path, facts), facts);
	await using file = await open(path);
	for (const range of ranges) for await (const { offset, bytes } of chunksOf(file, range, {
		reused: true,
		...signal ? { signal } : {}
	})) for (let at = 0; at < bytes.length; at += grainBytes) {
		const grain = bytes.subarray(at, at + grainBytes);
		if (!isZero(grain)) yield {
			offset: offset + at,
			bytes: grain
		};
	}
}
/** The grains of a file that hold anything but zeros, neighbours as one. Two files of the same bytes have the same. */
async function usedRanges(path, facts) {
	const used = [];
	for await (const { offset, bytes } of usedGrains(path, facts)) addRange(used, {
		offset,
		length: bytes.length
	});
	return used;
}
/** Ranges widened to whole grains, as far as these are in the file. */
function wholeGrains(ranges, facts) {
	const { grainBytes, sizeBytes, from = 0 } = facts;
	return joinedRanges(ranges.map(({ offset, length }) => {
		const start = from + Math.max(0, Math.floor((offset - from) / grainBytes)) * grainBytes;
		const end = from + Math.ceil((offset + length - from) / grainBytes) * grainBytes;
		return {
			offset: start,
			length: Math.min(end, sizeBytes) - start
		};
	}).filter(({ length }) => length > 0));
}
// src/disk/content.ts
/** The raw disk itself, its holes as zeros that are not read. */
async function rawContent(path, sizeBytes, signal) {
	const extents = [];
	let at = 0;
	const zerosTo = (offset) => {
		if (offset > at) extents.push({
			kind: "zeros",
			length: offset - at
		});
	};
	for (const { offset, length } of await allocatedRanges(path, {
		sizeBytes,
		...signal ? { signal } : {}
	})) {
		zerosTo(offset);
		extents.push({
			kind: "data",
			offset,
			length
		});
		at = offset + length;
	}
	zerosTo(sizeBytes);
	return {
		extents,
		sizeBytes
	};
}
/**
* The raw disk as a qcow2 of plain clusters, which a compressor makes smaller than compressed ones. Like that of
* `qemu-img convert`, it holds no cluster of zeros; unlike it, no file is written.
*/
async function qcow2Content(path, sizeBytes, signal) {
	const map = qcow2Map(sizeBytes, await usedRanges(path, {
		grainBytes: CLUSTER_BYTES,
		sizeBytes,
		...signal === void 0 ? {} : { signal }
	}));
	return {
		extents: [{
			kind: "bytes",
			bytes: map.head
		}, ...map.data.flatMap(wholeClusters)],
		sizeBytes: map.sizeBytes
	};
}
function wholeClusters({ offset, length }) {
	const rest = (CLUSTER_BYTES - length % CLUSTER_BYTES) % CLUSTER_BYTES;
	const data = {
		kind: "data",
		offset,
		length
	};
	return rest === 0 ? [data] : [data, {
		kind: "zeros",
		length: rest
	}];
}
/** Octal digits in fields of 12 bytes. */
const OCTAL_LIMIT = 8 ** 11;
const NAME_AT = 0;
const MODE_AT = 100;
const UID_AT = 108;
const GID_AT = 116;
const SIZE_AT$1 = 124;
const MTIME_AT = 136;
const CHECKSUM_AT$2 = 148;
const TYPE_AT$1 = 156;
const MAGIC_AT = 257;
/** GNU tar manual, "Basic Tar Format", `oldgnu_header` and `sparse_header`. */
const SPARSE_AT = 386;
const SPARSE_ENTRIES = 4;
const EXTENDED_AT = 482;
const REAL_SIZE_AT = 483;
const MORE_ENTRIES = 21;
const MORE_EXTENDED_AT = 504;
const ENTRY_BYTES$1 = 24;
/**
* The header of a plain member, POSIX ustar (IEEE 1003.1, pax, "ustar Interchange Format"); a size from 8 GiB on stands
* in base 256, as GNU tar writes and reads it, and VMware and VirtualBox read it.
*/
function memberHeader(member) {
	return signed(block(member, "0", "ustar\x0000"));
}
/** The header of a plain member in the old GNU format. */
function oldGnuHeader(member) {
	return signed(block(member, "0", "ustar  \0"));
}
/**
* The header blocks of a sparse member in the old GNU format; the bytes of its content follow, one after the other.
*
* @param member with the size that the file has when it is unpacked
* @param content ascending; whatever is between is zero
*/
function sparseHeader(member, content) {
	const stored = content.reduce((sum, { length }) => sum + length, 0);
	const map = [...content, {
		offset: member.sizeBytes,
		length: 0
	}];
	const header = block({
		...member,
		sizeBytes: stored
	}, "S", "ustar  \0");
	for (const [index, range] of map.slice(0, SPARSE_ENTRIES).entries()) putRange(header, SPARSE_AT, index, range);
	putNumber(header, REAL_SIZE_AT, member.sizeBytes);
	header[EXTENDED_AT] = map.length > SPARSE_ENTRIES ? 1 : 0;
	const blocks = [signed(header)];
	for (let from = SPARSE_ENTRIES; from < map.length; from += MORE_ENTRIES) {
		const more = Buffer.alloc(512);
		for (const [index, range] of map.slice(from, from + MORE_ENTRIES).entries()) putRange(more, 0, index, range);
		more[MORE_EXTENDED_AT] = map.length > from + MORE_ENTRIES ? 1 : 0;
		blocks.push(more);
	}
	return Buffer.concat(blocks);
}
/** A size with what is missing to whole blocks. */
function paddedSize(sizeBytes) {
	return Math.ceil(sizeBytes / 512) * 512;
}
/** The end of an archive. */
function archiveEnd() {
	return Buffer.alloc(1024);
}
function block(member, type, magic) {
	const header = Buffer.alloc(512);
	header.write(member.name, NAME_AT, "latin1");
	header.write("0000644\0", MODE_AT, "latin1");
	header.write("0000000\0", UID_AT, "latin1");
	header.write("0000000\0", GID_AT, "latin1");
	putNumber(header, SIZE_AT$1, member.sizeBytes);
	putNumber(header, MTIME_AT, member.mtimeSeconds);
	header.write(type, TYPE_AT$1, "latin1");
	header.write(magic, MAGIC_AT, "latin1");
	return header;
}
function putRange(header, from, index, range) {
	putNumber(header, from + index * ENTRY_BYTES$1, range.offset);
	putNumber(header, from + index * ENTRY_BYTES$1 + ENTRY_BYTES$1 / 2, range.length);
}
function putNumber(header, at, value) {
	if (value < OCTAL_LIMIT) {
		header.write(`${value.toString(8).padStart(11, "0")}\0`, at, "latin1");
		return;
	}
	header[at] = 128;
	header.writeBigUInt64BE(BigInt(value), at + 4);
}
function signed(header) {
	header.write(" ".repeat(8), CHECKSUM_AT$2, "latin1");
	const sum = header.reduce((total, byte) => total + byte, 0);
	header.write(`${sum.toString(8).padStart(6, "0")}\0 `, CHECKSUM_AT$2, "latin1");
	return header;
}
// src/disk/formats/gce.ts
const GRAIN_BYTES$1 = 65536;
/**
* Writes an image for Google Compute Engine: `disk.raw` in a gzip packed tar of the old GNU format (Google Cloud, "Manually
* import boot disks": `tar --format=oldgnu -Sczf NAME.tar.gz disk.raw`), before it KIWI's `manifest.json` where there is
* a license (kiwi/storage/subformat/gce.py).
*
* The holes are in the tar's map, as Google's `-S` puts them there, and not in its content. The map comes first, so the
* content is read twice, but no zeros are compressed, and what unpacks the image gets the holes back. What is a hole is
* decided by content: a disk that was copied without its holes gives the same bytes.
*/
async function writeGce(request) {
	const { raw, target, signal } = request;
	await using disk = await open(raw, "r");
	const options = signal === void 0 ? {} : { signal };
	const { size } = await disk.stat();
	const content = await usedRanges(raw, {
		grainBytes: GRAIN_BYTES$1,
		sizeBytes: size,
		...options
	});
	await pipeline(Readable.from(archive(disk, content, request), { objectMode: false }), (chunks) => compressedChunks(chunks, { algorithm: "gzip" }, signal), createWriteStream(target), options);
}
async function* archive(disk, content, request) {
	const { license, sizeBytes, epochSeconds: mtimeSeconds, signal } = request;
	if (license !== void 0) {
		const text = Buffer.from(`{"licenses": [${JSON.stringify(license)}]}`);
		yield oldGnuHeader({
			name: "manifest.json",
			sizeBytes: text.length,
			mtimeSeconds
		});
		yield Buffer.concat([text], paddedSize(text.length));
	}
	yield sparseHeader({
		name: "disk.raw",
		sizeBytes,
		mtimeSeconds
	}, content);
	let stored = 0;
	for (const range of content) for await (const { bytes } of chunksOf(disk, range, signal === void 0 ? {} : { signal })) {
		stored += bytes.length;
		yield bytes;
	}
	yield Buffer.alloc(paddedSize(stored) - stored);
	yield archiveEnd();
}
// src/disk/machine.ts
const LSI_LOGIC = {
	resourceType: 6,
	subtype: "lsilogic",
	title: "SCSI Controller"
};
const PARAVIRTUAL = {
	resourceType: 6,
	subtype: "VirtualSCSI",
	title: "SCSI Controller"
};
/**
* KIWI's words (kiwi/schema/kiwi.rnc `k.vmdisk.controller.attribute`, kiwi/storage/subformat/template/ova_compose.py) and
* the subtypes that VMware writes for them (open-vmdk ova-compose.py).
*/
const CONTROLLERS = new Map(Object.entries({
	ide: {
		resourceType: 5,
		title: "IDE Controller"
	},
	buslogic: {
		resourceType: 6,
		subtype: "buslogic",
		title: "SCSI Controller"
	},
	lsilogic: LSI_LOGIC,
	legacyESX: LSI_LOGIC,
	scsi: LSI_LOGIC,
	lsisas1068: {
		resourceType: 6,
		subtype: "lsilogicsas",
		title: "SCSI Controller"
	},
	pvscsi: PARAVIRTUAL,
	paravirtual: PARAVIRTUAL,
	sata: {
		resourceType: 20,
		subtype: "vmware.sata.ahci",
		title: "SATA Controller"
	},
	nvme: {
		resourceType: 20,
		subtype: "vmware.nvme.controller",
		title: "NVMe Controller"
	}
}));
[...CONTROLLERS.keys()];
/** ESXi 6.5 and Workstation 14 know it, and it has each of the controllers (VMware KB 1003746). */
const HARDWARE_VERSION = "13";
/** The first with SATA. */
const SATA_VERSION = 10;
function hardwareVersion(machine) {
	return machine?.hardwareVersion ?? HARDWARE_VERSION;
}
/**
* The controller of the disk. Where none is named it is SATA, for which every Linux has a driver in its initrd and which
* VMware and VirtualBox know both; KIWI names NVMe on a hardware version, 9, that has none.
*/
function diskController(machine) {
	const fallback = Number(hardwareVersion(machine)) < SATA_VERSION ? "lsilogic" : "sata";
	return CONTROLLERS.get(machine?.diskController ?? fallback) ?? LSI_LOGIC;
}
/** The controller of the drive for DVDs, where there is one. */
function dvdController(machine) {
	return machine?.dvd === void 0 ? void 0 : CONTROLLERS.get(machine.dvd.controller ?? "ide");
}
const NETWORK_CARDS = new Map(Object.entries({
	e1000: "E1000",
	e1000e: "E1000e",
	vmxnet: "VmxNet",
	vmxnet2: "VmxNet2",
	vmxnet3: "VmxNet3",
	pcnet32: "PCNet32",
	vlance: "PCNet32"
}));
/** What an OVF calls the card (DSP0243 names no values; VMware's are these). */
function networkCardType(card) {
	const driver = card.driver ?? "vmxnet3";
	return NETWORK_CARDS.get(driver.toLowerCase()) ?? driver;
}
// src/disk/formats/ovf.ts
const CPUS = 2;
/** What KIWI means to give where `<machine>` says nothing (kiwi/storage/subformat/ova.py `template_record`). */
const MEMORY_MEGABYTES = 4096;
/** KIWI's `suse-64` is the word of a vmx file, and not all is SUSE. */
const GUEST_OS = "otherLinux64Guest";
/** CIM_OperatingSystem.OSType: LINUX 64-Bit. */
const CIM_LINUX_64 = 101;
const NETWORK = "VM Network";
/** CIM_ResourceAllocationSettingData.ResourceType */
const CPU = 3;
const MEMORY = 4;
const ETHERNET = 10;
const CD_DRIVE = 15;
const HARD_DISK = 17;
/**
* The OVF descriptor of an appliance: DMTF DSP0243 1.x, of the namespace `envelope/1`, with VMware's words where the
* standard leaves them open.
*/
function ovfText({ name, vmdk, machine, firmware }) {
	const networks = [...new Set((machine?.nics ?? []).map((nic) => nic.mode ?? NETWORK))];
	const disk = `ovf:capacity="${vmdk.capacityBytes}" ovf:capacityAllocationUnits="byte" ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized" ovf:populatedSize="${vmdk.populatedBytes}"`;
	return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References>
    <File ovf:href="${escaped(vmdk.fileName)}" ovf:id="file1" ovf:size="${vmdk.fileBytes}"/>
  </References>
  <DiskSection>
    <Info>The disk</Info>
    <Disk ${disk}/>
  </DiskSection>
  <NetworkSection>
    <Info>The networks</Info>
${(networks.length === 0 ? [NETWORK] : networks).map(networkText).join("\n")}
  </NetworkSection>
  <VirtualSystem ovf:id="${escaped(name)}">
    <Info>A virtual machine</Info>
    <Name>${escaped(name)}</Name>
    <OperatingSystemSection ovf:id="${CIM_LINUX_64}" vmw:osType="${escaped(machine?.guestOS ?? GUEST_OS)}">
      <Info>The operating system</Info>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>The hardware</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>${escaped(name)}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-${hardwareVersion(machine).padStart(2, "0")}</vssd:VirtualSystemType>
      </System>
${hardware(machine).map(itemText).join("\n")}${firmwareText(firmware)}
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}
function hardware(machine) {
	const disk = diskController(machine);
	const dvd = dvdController(machine);
	const isShared = dvd?.resourceType === disk.resourceType;
	const controllers = dvd === void 0 || isShared ? [disk] : [disk, dvd];
	const cpus = machine?.cpus ?? CPUS;
	const megabytes = machine?.memoryMegabytes ?? MEMORY_MEGABYTES;
	const nics = machine === void 0 || machine.nics.length === 0 ? [{}] : machine.nics;
	return [
		{
			ResourceType: CPU,
			ElementName: `${cpus} virtual CPUs`,
			AllocationUnits: "hertz * 10^6",
			VirtualQuantity: cpus
		},
		{
			ResourceType: MEMORY,
			ElementName: `${megabytes} MB of memory`,
			AllocationUnits: "byte * 2^20",
			VirtualQuantity: megabytes
		},
		...controllers.map(controllerItem),
		{
			ResourceType: HARD_DISK,
			ElementName: "Hard disk 1",
			HostResource: "ovf:/disk/vmdisk1",
			Parent: FIRST_CONTROLLER,
			AddressOnParent: 0
		},
		...dvd === void 0 ? [] : [driveItem(isShared)],
		...nics.map(cardItem)
	].map((item, index) => ({
		...item,
		InstanceID: index + 1
	}));
}
/** Behind processors and memory. */
const FIRST_CONTROLLER = 3;
function controllerItem({ resourceType, subtype, title }, index) {
	return {
		ResourceType: resourceType,
		ElementName: `${title} ${index}`,
		...subtype === void 0 ? {} : { ResourceSubType: subtype },
		Address: 0
	};
}
function driveItem(isShared) {
	return {
		ResourceType: CD_DRIVE,
		ElementName: "CD/DVD drive 1",
		ResourceSubType: "vmware.cdrom.remotepassthrough",
		AutomaticAllocation: "false",
		Parent: isShared ? FIRST_CONTROLLER : 4,
		AddressOnParent: isShared ? 1 : 0
	};
}
function cardItem(nic, index) {
	const { mac, mode, interface: number } = nic;
	return {
		ResourceType: ETHERNET,
		ElementName: `Ethernet ${number ?? index}`,
		ResourceSubType: networkCardType(nic),
		...mac === void 0 || mac === "generated" ? {} : { Address: mac },
		AutomaticAllocation: "true",
		Connection: mode ?? NETWORK
	};
}
/** The schema of `rasd` wants its elements in the order of their names. */
function itemText(item) {
	return [
		"      <Item>",
		...Object.entries(item).sort(([one], [other]) => one < other ? -1 : 1).map(([field, value]) => `        <rasd:${field}>${escaped(`${value}`)}</rasd:${field}>`),
		"      </Item>"
	].join("\n");
}
function networkText(name) {
	return `    <Network ovf:name="${escaped(name)}">\n      <Description>${escaped(name)}</Description>\n    </Network>`;
}
/** As KIWI: `uefi` is EFI with secure boot (kiwi/firmware.py `efi_mode`, kiwi/storage/subformat/ova.py). */
function firmwareText(firmware) {
	if (firmware === void 0) return "";
	return Object.entries({
		firmware: firmware === "efi" || firmware === "uefi" ? "efi" : "bios",
		"bootOptions.efiSecureBootEnabled": `${firmware === "uefi"}`
	}).map(([key, value]) => `\n      <vmw:Config ovf:required="false" vmw:key="${key}" vmw:value="${value}"/>`).join("");
}
const ENTITIES = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	"\"": "&quot;"
};
/** XML 1.0 section 2.2: there is no way to write control characters and the like. */
function escaped(text) {
	return text.replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, " ").replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
// src/disk/contentid.ts
const GRAIN_BYTES = 1048576;
/**
* A hash over a disk file from which its ids are made: the same content has the same ids, another has others. Zeros are
* left out, so that holes cost nothing.
*
* @param from where in the file the disk begins; it goes to the file's end
* @param masked what is taken for zeros: where the ids stand
*/
async function contentHash$1(path, from, masked, signal) {
	const hash = createHash("sha256");
	const { size: sizeBytes } = await stat(path);
	const facts = {
		grainBytes: GRAIN_BYTES,
		sizeBytes,
		from,
		...signal === void 0 ? {} : { signal }
	};
	for await (const { offset, bytes } of usedGrains(path, facts)) {
		for (const mask of masked) {
			const first = Math.max(mask.offset - offset, 0);
			const end = Math.min(mask.offset + mask.length - offset, bytes.length);
			if (first < end) bytes.fill(0, first, end);
		}
		if (!isZero(bytes)) hash.update(`${offset - from} ${bytes.length}\n`).update(bytes);
	}
	return hash.digest();
}
/** The 16 bytes of an UUID that a hash stands for, in the order of its text: version 8, RFC 9562 section 5.8. */
function uuidBytes(hash, purpose) {
	const bytes = createHash("sha256").update(hash).update(purpose).digest().subarray(0, 16);
	bytes[6] = 128 | (bytes[6] ?? 0) & 15;
	bytes[8] = 128 | (bytes[8] ?? 0) & 63;
	return bytes;
}
/** An UUID as Microsoft's GUIDs and VirtualBox store it: its first three parts with the lowest byte first. */
function guidBytes(uuid) {
	const bytes = Buffer.from(uuid);
	bytes.subarray(0, 4).reverse();
	bytes.subarray(4, 6).reverse();
	bytes.subarray(6, 8).reverse();
	return bytes;
}
// src/disk/formats/vmdk.ts
const SECTOR_BYTES = 512;
/** QEMU block/vmdk.c `VMDK4Header`, VMware's SparseExtentHeader; numbers are little-endian and in sectors. */
const MAGIC = "KDMV";
const HEADER_BYTES$1 = 512;
const CAPACITY_AT = 12;
const GRAIN_AT = 20;
const DESCRIPTOR_AT = 28;
const DESCRIPTOR_SIZE_AT = 36;
const TABLE_ENTRIES_AT = 44;
const DIRECTORY_AT = 56;
/** Stands for "no parent". */
const NO_CID = 4294967295;
/**
* Replaces the random content id (CID) that qemu-img writes into the descriptor of a vmdk by one of its content.
*
* @param start where in the file the vmdk begins; it goes to the file's end
*/
async function stampVmdk(path, start, signal) {
	await using file = await open(path, "r+");
	const header = await vmdkHeader(file, start);
	const at = start + sectors(header, DESCRIPTOR_AT);
	const length = sectors(header, DESCRIPTOR_SIZE_AT);
	const hash = await contentHash$1(path, start, [{
		offset: at,
		length
	}], signal);
	const cid = hash.readUInt32BE(0) === NO_CID ? 0 : hash.readUInt32BE(0);
	const text = (await readAt(file, at, length)).toString("latin1").replace(/\0.*$/s, "");
	const line = `CID=${cid.toString(16).padStart(8, "0")}`;
	const stamped = Buffer.alloc(length);
	if (stamped.write(text.replace(/^CID=.*$/m, line), "latin1") >= length) throw new Error("the descriptor is full");
	await writeAt(file, at, stamped);
}
/** How much of a vmdk's virtual size has content, in bytes: its grains that are there. */
async function populatedBytes(file, start) {
	const header = await vmdkHeader(file, start);
	const entries = header.readUInt32LE(TABLE_ENTRIES_AT);
	const grainBytes = sectors(header, GRAIN_AT);
	const tables = Math.ceil(sectors(header, CAPACITY_AT) / grainBytes / entries);
	const directory = await readAt(file, start + sectors(header, DIRECTORY_AT), tables * 4);
	let grains = 0;
	for (let index = 0; index < tables; index += 1) {
		const table = await readAt(file, start + directory.readUInt32LE(index * 4) * SECTOR_BYTES, entries * 4);
		for (let entry = 0; entry < entries; entry += 1) grains += table.readUInt32LE(entry * 4) > 1 ? 1 : 0;
	}
	return grains * grainBytes;
}
async function vmdkHeader(file, start) {
	const header = await readAt(file, start, HEADER_BYTES$1);
	if (header.toString("latin1", 0, 4) !== MAGIC) throw new Error("qemu-img wrote a vmdk without a header");
	return header;
}
function sectors(header, at) {
	return Number(header.readBigUInt64LE(at)) * SECTOR_BYTES;
}
// src/disk/formats/ova.ts
const ARCHIVE = "archive";
/** All others: a plain name in a tar, in an URL and in the manifest. */
const UNFIT = /[^A-Za-z0-9._-]+/g;
const NAME_LENGTH = 90;
/**
* Writes an OVA: descriptor, manifest and vmdk, in this order, in a ustar archive (DMTF DSP0243 1.1 sections 5.1 and 5.3).
* The manifest has SHA256, as those of open-vmdk (ova/mkova.sh) and osbuild (stages/org.osbuild.ovf) for vSphere.
*
* qemu-img writes the vmdk where it stands in the archive, behind space for what comes before it, so that it is there
* once only. The descriptor ends with blanks as far as the space is larger than it.
*
* @returns path of the archive, in the folder
*/
async function writeOva(request) {
	const { epochSeconds: mtimeSeconds, signal } = request;
	const names = memberNames(request);
	const ovfBytes = Buffer.byteLength(descriptor(request, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
	const manifestBytes = manifest(names, "", "").length;
	const vmdkAt = 1536 + paddedSize(ovfBytes) + paddedSize(manifestBytes);
	const path = await writeVmdk(request, vmdkAt);
	await stampVmdk(path, vmdkAt, signal);
	await using file = await open(path, "r+");
	const vmdkBytes = (await file.stat()).size - vmdkAt;
	const ovf = Buffer.alloc(ovfBytes, " ");
	ovf.write(descriptor(request, vmdkBytes, await populatedBytes(file, vmdkAt)));
	const sums = manifest(names, ovf, await sha256From(file, vmdkAt, signal));
	const start = [
		memberHeader({
			name: names.ovf,
			sizeBytes: ovf.length,
			mtimeSeconds
		}),
		Buffer.concat([ovf], paddedSize(ovf.length)),
		memberHeader({
			name: names.manifest,
			sizeBytes: sums.length,
			mtimeSeconds
		}),
		Buffer.concat([sums], paddedSize(sums.length)),
		memberHeader({
			name: names.vmdk,
			sizeBytes: vmdkBytes,
			mtimeSeconds
		})
	];
	await writeAt(file, 0, Buffer.concat(start));
	const end = vmdkAt + vmdkBytes;
	await writeAt(file, end, Buffer.concat([Buffer.alloc(paddedSize(end) - end), archiveEnd()]));
	return path;
}
function memberNames({ fileName }) {
	const stem = fileName.replaceAll(UNFIT, "_").slice(0, NAME_LENGTH);
	return {
		ovf: `${stem}.ovf`,
		manifest: `${stem}.mf`,
		vmdk: `${stem}.vmdk`
	};
}
function descriptor(request, fileBytes, populated) {
	const vmdk = {
		fileName: memberNames(request).vmdk,
		fileBytes,
		capacityBytes: request.sizeBytes
	};
	return ovfText({
		...request.appliance,
		vmdk: {
			...vmdk,
			populatedBytes: populated
		}
	});
}
/** @param vmdkSum hexadecimal */
function manifest(names, ovf, vmdkSum) {
	const ovfSum = createHash("sha256").update(ovf).digest("hex");
	return Buffer.from(`SHA256(${names.ovf})= ${ovfSum}\nSHA256(${names.vmdk})= ${vmdkSum.padEnd(ovfSum.length)}\n`);
}
/** @returns path of a file with an empty start, and from `vmdkAt` on the vmdk */
async function writeVmdk(request, vmdkAt) {
	const { disk, sizeBytes, folder, optionArguments, signal } = request;
	const options = {
		cwd: folder,
		...signal === void 0 ? {} : { signal }
	};
	const { vmdk } = memberNames(request);
	await runCommand("qemu-img", [
		"create",
		"-q",
		"-f",
		"vmdk",
		...optionArguments,
		"--",
		vmdk,
		`${sizeBytes}`
	], options);
	const path = join(folder, ARCHIVE);
	await copyTo(join(folder, vmdk), path, vmdkAt);
	const place = `driver=vmdk,file.driver=raw,file.offset=${vmdkAt},file.file.driver=file,file.file.filename=${ARCHIVE}`;
	await runCommand("qemu-img", [
		"convert",
		...[
			"-n",
			"--target-is-zero",
			"--target-image-opts"
		],
		"-f",
		disk.format,
		"--",
		disk.file,
		place
	], options);
	return path;
}
/** Moves a small file to a place in another, which it begins. */
async function copyTo(from, to, start) {
	await using source = await open(from);
	await using target = await open(to, "wx");
	const { size } = await source.stat();
	for await (const { offset, bytes } of chunksOf(source, {
		offset: 0,
		length: size
	})) await writeAt(target, start + offset, bytes);
	await rm(from);
}
async function sha256From(file, start, signal) {
	const hash = createHash("sha256");
	const { size } = await file.stat();
	const options = {
		reused: true,
		...signal === void 0 ? {} : { signal }
	};
	for await (const { bytes } of chunksOf(file, {
		offset: start,
		length: size - start
	}, options)) hash.update(bytes);
	return hash.digest("hex");
}
// src/disk/formats/vdi.ts
/** QEMU block/vdi.c `VdiHeader`: `uuid_image`, and behind it `uuid_last_snap`. */
const UUID_AT$1 = 392;
/** Replaces the two random ids that qemu-img puts into a VDI by ids of its content: VirtualBox keeps disks apart by them. */
async function stampVdi(path, signal) {
	await using file = await open(path, "r+");
	const hash = await contentHash$1(path, 0, [{
		offset: UUID_AT$1,
		length: 32
	}], signal);
	const ids = ["vdi image", "vdi snapshot"].map((purpose) => guidBytes(uuidBytes(hash, purpose)));
	await writeAt(file, UUID_AT$1, Buffer.concat(ids));
}
// src/disk/formats/vhd.ts
/** Microsoft, "Virtual Hard Disk Image Format Specification", Hard Disk Footer Format; numbers are big-endian. */
const FOOTER_BYTES = 512;
const COOKIE = "conectix";
const TIME_AT = 24;
/** Current size, in bytes. */
const SIZE_AT = 48;
const TYPE_AT = 60;
const FIXED = 2;
const DYNAMIC = 3;
const CHECKSUM_AT$1 = 64;
const UUID_AT = 68;
/** 2000-01-01, from which the format counts seconds. */
const TIME_ZERO = 946684800;
const LAST_TIME = 2 ** 32 - 1;
/** kiwi/storage/subformat/vhdfixed.py `_write_vhd_tag` */
const TAG_AT = 65536;
const TAG_BYTES = 512;
/**
* Replaces the time and the random id that qemu-img puts into a VHD, of either kind, by the given time and an id of its
* content.
*
* @returns what a machine sees, in bytes: of a fixed VHD only its footer says so, for qemu-img takes a guest's sector 0
*   that begins like a footer for the header of a dynamic one (QEMU block/vpc.c `vpc_open`)
*/
async function stampVhd(path, epochSeconds, signal) {
	await using file = await open(path, "r+");
	const { size } = await file.stat();
	const footerAt = size - FOOTER_BYTES;
	const footer = await readAt(file, footerAt, FOOTER_BYTES);
	if (footer.toString("latin1", 0, 8) !== COOKIE) throw new Error("qemu-img wrote a VHD without a footer");
	const type = footer.readUInt32BE(TYPE_AT);
	if (type !== FIXED && type !== DYNAMIC) throw new Error(`qemu-img wrote a VHD of the type ${type}`);
	const places = type === DYNAMIC ? [0, footerAt] : [footerAt];
	const hash = await contentHash$1(path, 0, places.flatMap((at) => [{
		offset: at + TIME_AT,
		length: 4
	}, {
		offset: at + CHECKSUM_AT$1,
		length: 20
	}]), signal);
	footer.writeUInt32BE(Math.min(Math.max(epochSeconds - TIME_ZERO, 0), LAST_TIME), TIME_AT);
	uuidBytes(hash, "vhd").copy(footer, UUID_AT);
	footer.writeUInt32BE(0, CHECKSUM_AT$1);
	footer.writeUInt32BE(onesComplement(footer), CHECKSUM_AT$1);
	for (const at of places) await writeAt(file, at, footer);
	return Number(footer.readBigUInt64BE(SIZE_AT));
}
function onesComplement(bytes) {
	return ~bytes.reduce((sum, byte) => sum + byte, 0) >>> 0;
}
/**
* Writes the tag that Azure's marketplace looks for, as KIWI does: 512 bytes at 64 KiB that begin with the GUID.
*
* @param tag `XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX`
* @throws DescriptionError where the disk has something of its own there, which KIWI writes over
*/
async function writeVhdTag(path, tag) {
	await using file = await open(path, "r+");
	const bytes = Buffer.alloc(TAG_BYTES);
	guidBytes(Buffer.from(tag.replaceAll("-", ""), "hex")).copy(bytes);
	const { size } = await file.stat();
	if (size < 66560) throw refused("the disk ends before 64 KiB");
	const before = await readAt(file, TAG_AT, TAG_BYTES);
	if (!isZero(before) && !before.equals(bytes)) throw refused("the disk holds data there, its boot loader perhaps");
	await writeAt(file, TAG_AT, bytes);
}
function refused(reason) {
	return new DescriptionError([{
		where: "vhdfixedtag",
		text: `the tag of a fixed VHD stands at 64 KiB, and ${reason}: leave the attribute out`
	}]);
}
// src/disk/formats/vhdx.ts
/** MS-VHDX: section 2.2 (layout, file identifier), 2.2.2 (headers), 2.3 (log), 2.6 (metadata); all little-endian. */
const KIBIBYTE = 1024;
const CREATOR = {
	offset: 8,
	length: 512
};
const HEADERS = [64 * KIBIBYTE, 128 * KIBIBYTE];
const HEADER_BYTES = 4096;
const CHECKSUM_AT = 4;
const SEQUENCE_AT = 8;
const FILE_WRITE_GUID_AT = 16;
const DATA_WRITE_GUID_AT = 32;
const LOG_GUID_AT = 48;
const LOG_LENGTH_AT = 68;
const LOG_OFFSET_AT = 72;
const REGION_TABLE = 192 * KIBIBYTE;
const TABLE_BYTES = 64 * KIBIBYTE;
const REGION_ENTRIES_AT = 16;
const METADATA_ENTRIES_AT = 32;
const ENTRY_BYTES = 32;
const GUID_BYTES = 16;
const METADATA_REGION = "06a27c8b90479a4bb8fe575f050f886e";
const PAGE_83_DATA = "ab12cabee6b2234593efc309e000c746";
/**
* Replaces what qemu-img writes at random or of itself into a VHDX by ids of its content: the ids and numbers of both
* headers, the id of the disk, the name of the program, and the old entries of the log, which is empty.
*/
async function stampVhdx(path, signal) {
	await using file = await open(path, "r+");
	const headers = await Promise.all(HEADERS.map((at) => readAt(file, at, HEADER_BYTES)));
	const [first] = headers;
	if (first?.toString("latin1", 0, 4) !== "head") throw new Error("qemu-img wrote a VHDX without headers");
	if (headers.some((header) => !isZero(header.subarray(LOG_GUID_AT, 64)))) throw new Error("qemu-img wrote a VHDX with a log that is to be played");
	const log = {
		offset: Number(first.readBigUInt64LE(LOG_OFFSET_AT)),
		length: first.readUInt32LE(LOG_LENGTH_AT)
	};
	const idAt = await diskIdPlace(file);
	const hash = await contentHash$1(path, 0, masks(log, idAt), signal);
	await writeAt(file, CREATOR.offset, creator());
	await writeZeros(file, log);
	await writeAt(file, idAt, guidBytes(uuidBytes(hash, "vhdx disk")));
	const [one, two] = headers.map((header) => header.readBigUInt64LE(SEQUENCE_AT));
	const numbers = (one ?? 0n) > (two ?? 0n) ? [2n, 1n] : [1n, 2n];
	for (const [index, header] of headers.entries()) {
		header.writeBigUInt64LE(numbers[index] ?? 0n, SEQUENCE_AT);
		guidBytes(uuidBytes(hash, "vhdx file write")).copy(header, FILE_WRITE_GUID_AT);
		guidBytes(uuidBytes(hash, "vhdx data write")).copy(header, DATA_WRITE_GUID_AT);
		header.writeUInt32LE(0, CHECKSUM_AT);
		header.writeUInt32LE(crc32c(header), CHECKSUM_AT);
		await writeAt(file, HEADERS[index] ?? 0, header);
	}
}
function masks(log, idAt) {
	const ids = HEADERS.map((at) => ({
		offset: at + CHECKSUM_AT,
		length: 44
	}));
	return [
		CREATOR,
		log,
		{
			offset: idAt,
			length: GUID_BYTES
		},
		...ids
	];
}
/** UTF-16; qemu-img writes its version. */
function creator() {
	const bytes = Buffer.alloc(CREATOR.length);
	bytes.write("kiwi-oci", "utf16le");
	return bytes;
}
/** Where the id of the disk stands ("Page 83 data"), found as a reader finds it: region table, metadata table, item. */
async function diskIdPlace(file) {
	const region = entryOf$1(await readAt(file, REGION_TABLE, TABLE_BYTES), REGION_ENTRIES_AT, METADATA_REGION);
	const metadataAt = Number(region.readBigUInt64LE(GUID_BYTES));
	return metadataAt + entryOf$1(await readAt(file, metadataAt, TABLE_BYTES), METADATA_ENTRIES_AT, PAGE_83_DATA).readUInt32LE(GUID_BYTES);
}
function entryOf$1(table, from, guid) {
	for (let at = from; at + ENTRY_BYTES <= table.length; at += ENTRY_BYTES) if (table.toString("hex", at, at + GUID_BYTES) === guid) return table.subarray(at, at + ENTRY_BYTES);
	throw new Error("qemu-img wrote a VHDX without its metadata");
}
/** CRC-32C, RFC 3720 appendix B.4; that of Node's zlib has another polynomial. */
function crc32c(bytes) {
	let crc = 4294967295;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : crc >>> 1 ^ 2197175160;
	}
	return ~crc >>> 0;
}
// src/disk/options.ts
const NO_OPTIONS = { qemu: [] };
new Map(Object.entries({
	backing_file: "names another file, and the disk is alone in the image",
	backing_fmt: "is of another file, and the disk is alone in the image",
	data_file: "names another file, and the disk is alone in the image",
	data_file_raw: "is of another file, and the disk is alone in the image",
	encryption: "needs a key, which qemu-img is not given",
	size: "is what <size> of the type says"
}));
/**
* The options for qemu-img's `-o`, the later of which win: ours that others can change, the description's, and ours that
* make the format.
*/
function qemuOptions(format, options) {
	const { defaults, fixed } = diskFormat(format);
	if (!takesOptions(format)) return [];
	return [
		...defaults,
		...options.qemu.map(knownAdapter),
		...fixed
	];
}
/**
* A vmdk knows one kind of all LSI adapters and of the paravirtual one; which it is, the machine says
* (kiwi/storage/subformat/base.py `get_qemu_option_list`, which lets lsisas1068 fail).
*/
function knownAdapter(option) {
	return option === "adapter_type=pvscsi" || option === "adapter_type=lsisas1068" ? "adapter_type=lsilogic" : option;
}
// src/disk/overlay.ts
/**
* A disk that reads as another with zeros behind it, of some 200 KB: nothing of the other is changed or copied.
*
* @param sizeBytes the size to have, more than the disk's
* @param folder of our own, which has to last as long as it is read
*/
async function extendedDisk(disk, sizeBytes, folder, signal) {
	const place = await mkdtemp(join(resolve(folder), "overlay-"));
	await symlink(disk.file, join(place, "below"));
	const file = join(place, "above.qcow2");
	await runCommand("qemu-img", [
		"create",
		"-q",
		"-f",
		"qcow2",
		"-F",
		disk.format,
		"-b",
		"below",
		"--",
		file,
		`${sizeBytes}`
	], signal === void 0 ? {} : { signal });
	return {
		file,
		format: "qcow2"
	};
}
// src/disk/convert.ts
/**
* Converts a disk. The same content, name, options and time give the same bytes with the same qemu-img and zlib: ids that
* qemu-img makes at random are replaced by ids of the content. Holes stay holes. Where the format has sizes of its own the
* disk gets zeros at its end. The content is written once; on the way to gce from another format than raw, twice.
*
* @throws HostError without space; CommandError when qemu-img fails or is ended; DescriptionError where a tag for a fixed
*   VHD would be written over content; AbortError after `signal`. None of them leaves a file
*/
async function convertDisk(conversion) {
	const { source, target, virtualSizeBytes } = conversion;
	if (!isConverted(conversion.from, conversion.to, conversion.options)) return {
		file: source,
		virtualSizeBytes
	};
	let folder;
	try {
		folder = await mkdtemp(join(dirname(resolve(target)), ".partial-"));
		const made = await makeDisk(conversion, folder);
		await rename(made.file, target);
		return {
			file: target,
			virtualSizeBytes: made.virtualSizeBytes
		};
	} catch (error) {
		throw spaceError(error, dirname(resolve(target)));
	} finally {
		if (folder !== void 0) await rm(folder, {
			recursive: true,
			force: true
		});
	}
}
/**
* Whether a disk is written anew for the format. One for an archive always is, and one for a fixed VHD, since what
* qemu-img calls vpc may be of either kind.
*/
function isConverted(from, to, options = NO_OPTIONS) {
	if (to === "raw") return from !== "raw";
	if (to === "gce" || to === "ova" || to === "vhd-fixed") return true;
	return from !== diskFormat(to).driver || options.qemu.length > 0;
}
async function makeDisk(conversion, folder) {
	switch (conversion.to) {
		case "gce": return makeGce(conversion, folder);
		case "ova": return makeOva(conversion, folder);
		default: return makePlain(conversion, folder);
	}
}
async function makeGce(conversion, folder) {
	const { source, from, options = NO_OPTIONS, target, epochSeconds, signal } = conversion;
	const file = join(folder, basename(target));
	const { gceLicense: license } = options;
	const sizeBytes = extendedSize("gce", conversion.virtualSizeBytes);
	const raw = from === "raw" ? source : join(await mkdtemp(join(folder, "raw-")), "disk");
	if (raw !== source) await qemuImg([
		"convert",
		"-f",
		from,
		"-O",
		"raw",
		"--",
		resolve(source),
		resolve(raw)
	], signal);
	await writeGce({
		raw,
		sizeBytes,
		epochSeconds,
		target: file,
		...license === void 0 ? {} : { license },
		...signal === void 0 ? {} : { signal }
	});
	return {
		file,
		virtualSizeBytes: sizeBytes
	};
}
async function makeOva(conversion, folder) {
	const { options = NO_OPTIONS, target, epochSeconds, signal } = conversion;
	const { machine, firmware } = options;
	const fileName = basename(target).replace(/(?<=.)\.ova$/, "");
	const sizeBytes = extendedSize("ova", conversion.virtualSizeBytes);
	return {
		file: await writeOva({
			disk: await readDisk(conversion, folder),
			sizeBytes,
			fileName,
			appliance: {
				name: machine?.displayName ?? conversion.title ?? fileName,
				...machine === void 0 ? {} : { machine },
				...firmware === void 0 ? {} : { firmware }
			},
			optionArguments: optionArguments("ova", options),
			epochSeconds,
			folder,
			...signal === void 0 ? {} : { signal }
		}),
		virtualSizeBytes: sizeBytes
	};
}
/** The disk to convert, of the size that the format has for it. */
async function readDisk(conversion, folder) {
	const { source, from, to, virtualSizeBytes, signal } = conversion;
	const disk = {
		file: resolve(source),
		format: from
	};
	const sizeBytes = extendedSize(to, virtualSizeBytes);
	return sizeBytes === virtualSizeBytes ? disk : extendedDisk(disk, sizeBytes, folder, signal);
}
async function makePlain(conversion, folder) {
	const { to, target, options = NO_OPTIONS, signal } = conversion;
	const { driver } = diskFormat(to);
	const disk = await readDisk(conversion, folder);
	const file = resolve(folder, basename(target));
	const squeeze = conversion.compressed && to === "qcow2" ? ["-c"] : [];
	await qemuImg(["convert", ...[
		"-f",
		disk.format,
		"-O",
		driver,
		...squeeze,
		...optionArguments(to, options),
		"--",
		disk.file,
		file
	]], signal);
	return {
		file,
		virtualSizeBytes: await stamp(file, conversion)
	};
}
/** Gives the disk ids of its own content, and a fixed VHD its tag. @returns what a machine sees, in bytes */
async function stamp(path, { to, options, epochSeconds, signal }) {
	const tag = to === "vhd-fixed" ? options?.vhdFixedTag : void 0;
	if (tag !== void 0) await writeVhdTag(path, tag);
	if (to === "vhd" || to === "vhd-fixed") return await stampVhd(path, epochSeconds, signal);
	if (to === "vmdk") await stampVmdk(path, 0, signal);
	if (to === "vdi") await stampVdi(path, signal);
	if (to === "vhdx") await stampVhdx(path, signal);
	return await virtualSize(path, diskFormat(to).driver, signal);
}
function optionArguments(to, options) {
	return qemuOptions(to, options).flatMap((option) => ["-o", option]);
}
/**
* Asks the installed qemu-img whether it takes the options, with a disk of 16 MiB: before a build, which takes minutes.
*
* @param folder that can be written
* @returns what it says against them
*/
async function refusedOptions(to, options, folder, signal) {
	const place = await mkdtemp(join(folder, ".partial-"));
	const { driver } = diskFormat(to);
	try {
		await qemuImg([
			"create",
			"-q",
			"-f",
			driver,
			...optionArguments(to, options),
			"--",
			join(place, "disk"),
			"16M"
		], signal);
		return;
	} catch (error) {
		if (!(error instanceof CommandError) || error.outcome.kind !== "exit" || lacksSpace(error)) throw spaceError(error, folder);
		return (error.lastLines.at(-1) ?? "no reason given").replace(/^qemu-img: (.*\/disk: )?/, "");
	} finally {
		await rm(place, {
			recursive: true,
			force: true
		});
	}
}
async function qemuImg(args, signal) {
	await runCommand("qemu-img", args, signal === void 0 ? {} : { signal });
}
// src/plan/diskoptions.ts
/**
* What the description says of the conversion. It says it of its own format: to another that an input names, nothing of
* it applies.
*/
function conversionOptions(source, format, platform) {
	if (source.kind !== "description" || source.selected.diskFormat !== format) return NO_OPTIONS;
	const { formatOptions, vhdFixedTag, gceLicense, machine, firmware } = source.selected;
	return {
		qemu: formatOptions,
		...vhdFixedTag === void 0 ? {} : { vhdFixedTag },
		...gceLicense === void 0 ? {} : { gceLicense },
		...machine === void 0 ? {} : { machine },
		firmware: firmware ?? (["amd64", "386"].includes(platform.architecture) ? "bios" : "efi")
	};
}
// src/job/disk.ts
/**
* Asks qemu-img about the description's options for the formats.
*
* @throws DescriptionError with its answer
*/
async function checkFormatOptions(plan, job) {
	const { source, platform } = plan;
	for (const format of new Set(plannedDisks(plan).map((disk) => disk.format))) {
		const options = conversionOptions(source, format, platform);
		if (source.kind !== "description" || options.qemu.length === 0) continue;
		const refusal = await refusedOptions(format, options, job.workFolder, job.signal);
		if (refusal === void 0) continue;
		const text = `formatoptions for ${format}: qemu-img says "${refusal}": write ones that this qemu-img knows`;
		throw new DescriptionError([{
			...typePlace(source.selected),
			text
		}]);
	}
}
/**
* Whether the children read the disk from the raw disk itself, without a file of the format in between. Where nothing else
* compresses it the clusters of a qcow2 are, by qemu-img.
*/
function isStreamed({ source, platform }, { format, packsClusters }, from) {
	if (from !== "raw") return false;
	if (format === "raw") return true;
	const { qemu } = conversionOptions(source, format, platform);
	return format === "qcow2" && !packsClusters && qemu.length === 0;
}
/** Whether a file of the planned format is written, and not the disk itself or its content read. */
function makesFile(plan, disk, from) {
	const options = conversionOptions(plan.source, disk.format, plan.platform);
	return isConverted(from, disk.format, options) && !isStreamed(plan, disk, from);
}
/**
* Makes a disk for the children that hold it, from one that stays as it is.
*
* @throws HostError when the disk changes meanwhile; what `convertDisk` throws
*/
async function convertSource(plan, disk, raw, job) {
	const { format } = disk;
	const made = isStreamed(plan, disk, raw.format) ? await phase(job, "Scan", "Look through the disk for its content", () => streamedDisk(format, raw, job.signal)) : makesFile(plan, disk, raw.format) ? await phase(job, "Convert", `Convert the disk to ${format}`, () => convertedDisk(plan, disk, raw, job)) : givenDisk(raw);
	await checkUnchanged(raw.file, raw.state);
	if (made.virtualSizeBytes > raw.virtualSizeBytes) job.report.info(`The disk grew from ${raw.virtualSizeBytes} to ${made.virtualSizeBytes} bytes, as ${format} has it`);
	return {
		format,
		...made
	};
}
async function phase(job, name, title, work) {
	job.report.group(title);
	const done = await job.stopwatch.time(name, work);
	job.report.endGroup();
	return done;
}
function givenDisk({ file, state, virtualSizeBytes }) {
	return {
		file: {
			source: file,
			state
		},
		virtualSizeBytes,
		sizeBytes: Number(state.size)
	};
}
async function streamedDisk(format, raw, signal) {
	const { file: source, state, virtualSizeBytes } = raw;
	const { extents, sizeBytes } = await (format === "raw" ? rawContent : qcow2Content)(source, virtualSizeBytes, signal);
	return {
		file: {
			source,
			state,
			content: extents
		},
		virtualSizeBytes,
		sizeBytes
	};
}
async function convertedDisk(plan, disk, raw, job) {
	const { source } = plan;
	const [first] = plannedDisks(plan);
	const isFirst = first?.format === disk.format && first.packsClusters === disk.packsClusters;
	const folder = join(job.workFolder, isFirst ? "disk" : `disk-${disk.format}`);
	await mkdir(folder, { recursive: true });
	const epochSeconds = plan.sourceDateEpoch ?? imageTime(raw.state);
	const { file, virtualSizeBytes } = await convertDisk({
		source: raw.file,
		from: raw.format,
		virtualSizeBytes: raw.virtualSizeBytes,
		to: disk.format,
		target: join(folder, disk.fileName),
		compressed: disk.packsClusters,
		options: conversionOptions(source, disk.format, plan.platform),
		title: source.kind === "description" ? source.name : diskStem(source),
		epochSeconds,
		signal: job.signal
	});
	return {
		file: { source: file },
		virtualSizeBytes,
		sizeBytes: (await stat(file)).size
	};
}
/** The time of an image whose user gives none, in seconds since 1970: that of its disk. */
function imageTime({ mtimeNs }) {
	return Math.max(0, Number(mtimeNs / 1000000000n));
}
// src/oci/index/indexrules.ts
/**
* Why these entries cannot be one index that every consumer takes what is meant for it from: the rules of podman 5
* (pkg/machine/ocipull/source.go) and of c/image (internal/manifest/oci_index.go, whose choice has bugs of its own).
*
* @returns one line each, led by the place of the entry from 1; empty when they can
*/
function indexRuleViolations(entries) {
	if (entries.length === 0) return ["it has no entries"];
	return [
		...entries.flatMap((entry, at) => entryViolations(entry).map((text) => `entry ${at + 1} ${text}`)),
		...repeated(entries, ({ digest }) => digest, (digest) => `name ${digest}, which only the first would be found by`),
		...repeated(entries, containerPlatform, (platform) => `are for ${platform}, and nothing tells which one to take`),
		...orderViolations(entries),
		...repeated(entries, machineDisk, (disk) => `are the disk of podman machine for ${disk}`)
	];
}
/** Whether an entry is podman machine's, by the name of its architecture. */
function isMachineEntry({ platform }) {
	return platform !== void 0 && isMachineArchitecture(platform.architecture);
}
/** containerd and docker take `x86_64` for `amd64`, and the first that fits: containerd core/images/image.go, `Manifest`. */
function orderViolations(entries) {
	const machine = entries.findIndex(isMachineEntry);
	const late = entries.findIndex((entry, at) => at > machine && !isMachineEntry(entry));
	if (machine < 0 || late < 0) return [];
	return [`entry ${late + 1} has to come before entry ${machine + 1}, which is taken for one of the same platform`];
}
function entryViolations(entry) {
	const { mediaType, platform, annotations = {} } = entry;
	const diskType = annotations[DISK_TYPE_ANNOTATION];
	return [
		...mediaType === mediaTypes.manifest ? [] : [`has the media type ${mediaType} instead of ${mediaTypes.manifest}`],
		...platform === void 0 ? ["has no platform"] : platformProblems(platform),
		...annotations["io.github.containers.compression.zstd"] === void 0 ? [] : [`has the annotation ${ZSTD_ANNOTATION}`],
		...isMachineEntry(entry) ? machineProblems(diskType) : [],
		...diskType === void 0 || isMachineEntry(entry) ? [] : ["has a disktype for no machine of podman"]
	];
}
function platformProblems(platform) {
	const { os, architecture } = platform;
	if (isMachineArchitecture(architecture)) return os === "linux" && !platform.variant ? [] : [`is for ${platformText(platform)}, which no machine of podman is`];
	return parsePlatform(`${os}/${architecture}`)?.architecture === architecture ? [] : [`is for ${platformText(platform)}, which is no platform in Go's words`];
}
function machineProblems(diskType) {
	if (diskType === void 0) return [`has no annotation ${DISK_TYPE_ANNOTATION}`];
	return isDiskType$1(diskType) ? [] : [`has the disktype ${diskType} instead of ${DISK_TYPES.join(", ")}`];
}
function containerPlatform(entry) {
	if (entry.platform === void 0 || isMachineEntry(entry)) return void 0;
	return platformKey(entry.platform);
}
function machineDisk(entry) {
	const diskType = entry.annotations?.[DISK_TYPE_ANNOTATION];
	return isMachineEntry(entry) && diskType !== void 0 ? `${entry.platform?.architecture} ${diskType}` : void 0;
}
/** One line for each key that several entries have. */
function repeated(entries, keyOf, text) {
	return [...Map.groupBy(entries.map((entry, at) => ({
		key: keyOf(entry),
		place: at + 1
	})), ({ key }) => key)].flatMap(([key, found]) => {
		if (key === void 0 || found.length === 1) return [];
		return [`entries ${found.map(({ place }) => place).join(", ")} ${text(key)}`];
	});
}
// src/oci/index/imageindex.ts
/**
* One index of these entries, in one order whatever theirs is: by platform, the disks of podman machine last.
* containerd and docker take `x86_64` for `amd64`, and the first that fits.
*
* @param annotations of the index
* @throws ImageError when `indexRuleViolations` has any
*/
function imageIndex(entries, annotations = {}) {
	const manifests = entries.map(entryOf).sort(byPlace);
	const violations = indexRuleViolations(manifests);
	if (violations.length > 0) throw new ImageError("image-invalid", "the index", violations);
	const index = {
		schemaVersion: 2,
		mediaType: mediaTypes.index,
		manifests,
		...annotationsMember(annotations)
	};
	const bytes = documentBytes(index);
	return {
		index,
		bytes,
		descriptor: {
			mediaType: mediaTypes.index,
			digest: digestOf(bytes),
			size: bytes.length
		}
	};
}
/**
* The known members in one order, so that the same entry is the same bytes wherever it was read. Without `artifactType`,
* which the manifest says itself: skopeo before 1.16 leaves it out of an index that it copies, which then is another
* (containers/image issue 2460), and fails where it may change nothing.
*/
function entryOf({ mediaType, digest, size, annotations = {}, platform }) {
	const { architecture = "", os = "", variant } = platform ?? {};
	return {
		mediaType,
		digest,
		size,
		...annotationsMember(annotations),
		...platform === void 0 ? {} : { platform: {
			architecture,
			os,
			...variant ? { variant } : {}
		} }
	};
}
function byPlace(one, other) {
	const [a, b] = [placeOf(one), placeOf(other)];
	const at = a.findIndex((value, part) => value !== b[part]);
	return at < 0 ? 0 : (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}
/** What entries are sorted by, the most important first; the digest last, for one order even of what is refused. */
function placeOf(entry) {
	const { platform, annotations = {}, digest } = entry;
	const group = isMachineEntry(entry) ? 1 : 0;
	const diskType = DISK_TYPES.indexOf(annotations["disktype"] ?? "");
	return [
		`${group}`,
		platform?.os ?? "",
		platform?.architecture ?? "",
		platform?.variant ?? "",
		`${diskType}`,
		digest
	];
}
// src/oci/store/artifactrules.ts
/**
* What is wrong between the documents of an artifact of ours: each of its consumers takes it only so.
*
* @param descriptor that names the manifest
* @returns the ends of sentences about the artifact; empty when nothing is
*/
function artifactViolations(descriptor, manifest, config) {
	const { artifactType, layers } = manifest;
	const [blob] = layers;
	return [
		...artifactType === void 0 ? ["it has no artifactType"] : [],
		...layers.length === 1 ? [] : [`it has ${layers.length} blobs instead of one`],
		...blob === void 0 ? [] : blobViolations(blob, config),
		...platformViolations$1(descriptor, config)
	];
}
function blobViolations(blob, config) {
	const title = blob.annotations?.[TITLE];
	const problem = title === void 0 ? "its blob has no title" : titleProblem(title);
	return [
		...isTarType(blob.mediaType) ? [`its blob has the media type ${blob.mediaType}, that of a layer`] : [],
		...problem === void 0 ? [] : [problem],
		...config["blob"] === blob.digest ? [] : [`its config is of the blob ${config["blob"]}, it has ${blob.digest}`],
		...isJsonObject(config["disk"]) ? [] : ["its config says nothing of the disk"]
	];
}
function platformViolations$1({ platform }, config) {
	if (platform === void 0) return [];
	const { os, architecture, variant } = config;
	const own = [
		os,
		architecture,
		...variant ? [variant] : []
	].join("/");
	return own === platformText(platform) ? [] : [`it is announced for ${platformText(platform)}, its config is for ${own}`];
}
// src/oci/store/attempt.ts
/** What `parse` makes of the bytes, its ImageError as violations; nothing of either where there are no bytes. */
function attempt(bytes, parse) {
	if (bytes === void 0) return { violations: [] };
	try {
		return {
			value: parse(bytes),
			violations: []
		};
	} catch (error) {
		if (error instanceof ImageError) return { violations: error.violations };
		throw error;
	}
}
// src/oci/store/documents.ts
/**
* Reads what an entry of `index.json` names: one image or artifact, or an index of them, which holds no further index.
* Errors of the file system other than missing files are passed on.
*/
async function documentsOf(folder, entry) {
	if (entry.mediaType !== mediaTypes.index) return await manifestOf(folder, entry, "index.json");
	const subject = `index ${entry.digest}`;
	const read = await documentContent(blobPath(folder, entry.digest), entry);
	const parsed = attempt(read.bytes, (bytes) => parseIndex(bytes, entry.mediaType, subject));
	const { manifests = [] } = parsed.value ?? {};
	const found = await Promise.all(manifests.filter(({ mediaType }) => mediaType === mediaTypes.manifest).map((child) => manifestOf(folder, child, "its index")));
	const own = [
		...entry.platform === void 0 ? [] : ["it has a platform in index.json, which its entries have"],
		...read.violations,
		...parsed.violations,
		...parsed.value === void 0 ? [] : indexRuleViolations(manifests)
	];
	return {
		images: found.flatMap(({ images }) => images),
		violations: [...lines(subject, own), ...found.flatMap(({ violations }) => violations)]
	};
}
async function manifestOf(folder, descriptor, namedBy) {
	const subject = `manifest ${descriptor.digest}`;
	if (descriptor.mediaType !== mediaTypes.manifest) {
		const violations = lines(subject, [`has the media type ${descriptor.mediaType} in ${namedBy}`]);
		return {
			images: [{
				descriptor,
				namedBy
			}],
			violations
		};
	}
	const read = await documentContent(blobPath(folder, descriptor.digest), descriptor);
	const parsed = attempt(read.bytes, (bytes) => parseManifest(bytes, descriptor.mediaType, subject));
	const violations = lines(subject, [...read.violations, ...parsed.violations]);
	if (parsed.value === void 0) return {
		images: [{
			descriptor,
			namedBy
		}],
		violations
	};
	const { violations: ofConfig, ...configs } = await configOf(folder, parsed.value.config);
	return {
		images: [{
			descriptor,
			namedBy,
			manifest: parsed.value,
			...configs
		}],
		violations: [...violations, ...ofConfig]
	};
}
async function configOf(folder, descriptor) {
	const { digest, mediaType } = descriptor;
	const subject = `config ${digest}`;
	const read = await documentContent(blobPath(folder, digest), descriptor);
	if (mediaType === "application/vnd.kiwi-oci.disk.config.v1+json") {
		const parsed = attempt(read.bytes, (bytes) => parseDocument$2(bytes, subject));
		return {
			violations: lines(subject, [...read.violations, ...parsed.violations]),
			...parsed.value === void 0 ? {} : { artifactConfig: parsed.value }
		};
	}
	const isConfig = mediaType === mediaTypes.config;
	const parsed = attempt(isConfig ? read.bytes : void 0, (bytes) => parseConfig(bytes, subject));
	return {
		violations: lines(subject, [
			...isConfig ? [] : [`has the media type ${mediaType}, no OCI config`],
			...read.violations,
			...parsed.violations
		]),
		...parsed.value === void 0 ? {} : { config: parsed.value }
	};
}
function lines(subject, violations) {
	return violations.map((violation) => `${subject}: ${violation}`);
}
// src/oci/store/layoutfiles.ts
/** Nothing hashes index.json, so what has no meaning in it is not let through. */
const INDEX_MEMBERS = [
	"schemaVersion",
	"mediaType",
	"artifactType",
	"manifests",
	"subject",
	"annotations"
];
const DESCRIPTOR_MEMBERS = [
	"mediaType",
	"digest",
	"size",
	"urls",
	"annotations",
	"data",
	"platform",
	"artifactType"
];
/** Reads `oci-layout` and `index.json`. Errors of the file system other than missing files are passed on. */
async function readLayoutFiles(folder) {
	const version = await documentAt(join(folder, "oci-layout"), "oci-layout", versionViolations);
	const index = await documentAt(join(folder, "index.json"), "index.json", indexFileViolations);
	const violations = [...version.violations, ...index.violations];
	if (index.violations.length > 0) return {
		entries: [],
		violations
	};
	const { manifests } = parseIndex(index.bytes, void 0, "index.json");
	return {
		entries: manifests,
		violations: [...violations, ...refNameViolations(manifests)]
	};
}
async function documentAt(path, name, check) {
	const bytes = await smallFile(path);
	if (typeof bytes === "string") return {
		bytes: /* @__PURE__ */ new Uint8Array(),
		violations: [`${name}: ${bytes}`]
	};
	const checked = attempt(bytes, check);
	return {
		bytes,
		violations: [...checked.violations, ...checked.value ?? []].map((violation) => `${name}: ${violation}`)
	};
}
/** The content, cut one byte above the limit of documents; or why there is none. */
async function smallFile(path) {
	try {
		await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
		if (!(await file.stat()).isFile()) return "is not a regular file";
		const chunks = [];
		const content = file.createReadStream({
			autoClose: false,
			start: 0,
			end: DOCUMENT_LIMIT_BYTES
		});
		for await (const chunk of content) chunks.push(chunk);
		return Buffer.concat(chunks);
	} catch (error) {
		const code = error instanceof Error && "code" in error ? error.code : void 0;
		if (code === "ENOENT") return "is missing";
		if (code === "ELOOP") return "is not a regular file";
		throw error;
	}
}
function versionViolations(bytes) {
	const version = parseDocument$2(bytes, "oci-layout")["imageLayoutVersion"];
	return version === "1.0.0" ? [] : [`its imageLayoutVersion is ${JSON.stringify(version)} instead of "1.0.0"`];
}
function indexFileViolations(bytes) {
	const document = parseDocument$2(bytes, "index.json");
	const entries = Array.isArray(document["manifests"]) ? document["manifests"].filter(isJsonObject) : [];
	const index = parseIndex(bytes, mediaTypes.index, "index.json");
	return [...[...Object.keys(document).filter((member) => !INDEX_MEMBERS.includes(member)), ...entries.flatMap(Object.keys).filter((member) => !DESCRIPTOR_MEMBERS.includes(member))].map((member) => `it has the unknown member ${JSON.stringify(member)}`), ...index.annotations?.["org.opencontainers.image.ref.name"] === void 0 ? [] : ["it has a ref.name itself"]];
}
function refNameViolations(entries) {
	const names = entries.flatMap(({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] ?? []);
	const invalid = names.filter((name) => !isRefName(name));
	const repeated = new Set(names.filter((name, position) => names.indexOf(name) !== position));
	return [
		...entries.length === 0 ? ["index.json: it names no image"] : [],
		...invalid.map((name) => `index.json: ${JSON.stringify(name)} is not a valid ref.name`),
		...[...repeated].map((name) => `index.json: it has two images of the name ${name}`)
	];
}
// src/oci/store/validate.ts
const DEFAULT_CONCURRENCY = 2;
/**
* Everything that is wrong with a layout of images, artifacts and indexes of them, found from its files alone: layout
* version, index, size and digest of every blob that is named, media types, diff IDs against what the layers decompress
* to, platforms, history, and what `indexRuleViolations` finds.
*
* @param folder of the layout; blobs that nothing names are not looked at
* @returns one line each, empty for a valid layout; errors of the file system other than missing files are thrown
*/
async function layoutViolations(folder, options = {}) {
	const { entries, violations } = await readLayoutFiles(folder);
	const found = await Promise.all(entries.map((entry) => documentsOf(folder, entry)));
	const images = found.flatMap((each) => each.images);
	const contents = await blobContents(folder, images.flatMap(blobsOf), options);
	return [
		...violations,
		...found.flatMap((each) => each.violations),
		...[...contents.values()].flatMap((content) => content.violations),
		...images.flatMap((image) => acrossViolations(image, contents))
	];
}
function blobsOf({ manifest, artifactConfig }) {
	const isLayer = artifactConfig === void 0;
	return (manifest?.layers ?? []).map((descriptor) => ({
		descriptor,
		isLayer
	}));
}
/** Each blob is read once, however often it is named. */
async function blobContents(folder, blobs, options) {
	const contents = /* @__PURE__ */ new Map();
	const waiting = [...new Map(blobs.map((blob) => [blobKey(blob.descriptor), blob])).values()];
	const readWaiting = async () => {
		for (let blob = waiting.shift(); blob !== void 0; blob = waiting.shift()) {
			const { descriptor, isLayer } = blob;
			const content = await contentOf$1(folder, blob, options);
			const violations = content.violations.map((violation) => `${isLayer ? "layer" : "blob"} ${descriptor.digest}: ${violation}`);
			contents.set(blobKey(descriptor), {
				...content,
				violations
			});
		}
	};
	await Promise.all(Array.from({ length: Math.max(1, options.concurrency ?? DEFAULT_CONCURRENCY) }, readWaiting));
	return contents;
}
async function contentOf$1(folder, { descriptor, isLayer }, { written, signal }) {
	const path = blobPath(folder, descriptor.digest);
	const diffID = written?.get(descriptor.digest);
	if (isLayer && diffID === void 0) return await layerContent(path, descriptor, signal);
	if (!written?.has(descriptor.digest)) return await blobContent$1(path, descriptor, signal);
	return {
		...await presentContent(path, descriptor),
		...diffID === void 0 ? {} : { diffID }
	};
}
/** What is wrong between the documents of an image, and between them and its blobs. */
function acrossViolations(documents, contents) {
	const { descriptor, namedBy, manifest, config, artifactConfig } = documents;
	if (manifest === void 0) return [];
	return [
		...artifactConfig === void 0 ? [] : artifactViolations(descriptor, manifest, artifactConfig),
		...config === void 0 ? [] : imageViolations(manifest, config, contents),
		...typeViolations(descriptor, manifest),
		...descriptor.platform === void 0 && namedBy === "index.json" ? ["it has no platform in index.json"] : [],
		...config === void 0 ? [] : platformViolations(documents, config)
	].map((violation) => `manifest ${descriptor.digest}: ${violation}`);
}
function imageViolations(manifest, config, contents) {
	const diffIDs = config.rootfs.diff_ids;
	const steps = layerSteps(config.history ?? []);
	const count = manifest.layers.length;
	const differing = manifest.layers.flatMap((layer, position) => {
		const diffID = contents.get(blobKey(layer))?.diffID;
		if (diffID === void 0 || diffID === diffIDs[position]) return [];
		return [`layer ${position + 1} holds the diff ID ${diffID}, the config says ${diffIDs[position] ?? "nothing"}`];
	});
	return [
		...count === 0 ? ["it has no layers"] : [],
		...diffIDs.length === count ? [] : [`it has ${diffIDs.length} diff IDs for ${count} layers`],
		...steps === count ? [] : [`its history has ${steps} steps for ${count} layers`],
		...differing
	];
}
/** image-spec descriptor.md: where an entry says it, it says what the manifest says. */
function typeViolations({ artifactType: announced }, { artifactType }) {
	if (announced === void 0 || announced === artifactType) return [];
	return [`it is announced as ${announced}, and is ${artifactType ?? "no artifact"}`];
}
function platformViolations({ descriptor, namedBy }, config) {
	if (descriptor.platform === void 0) return [];
	const [announced, own] = [platformText(descriptor.platform), platformText(config)];
	return announced === own ? [] : [`${namedBy} says it is for ${announced}, its config for ${own}`];
}
function blobKey({ digest, mediaType, size }) {
	return `${digest} ${mediaType} ${size}`;
}
// src/job/naming.ts
/**
* Names what was written: the one child, or an index of all. Everything in the layout is checked from its files before
* this returns, but for what was hashed on its way into them.
*
* @throws ImageError when the children cannot be one index, or the layout is not valid; AbortError after `signal`
*/
async function nameChildren(layout, children, naming) {
	const { reference = "latest", signal } = naming;
	const top = await topDescriptor(layout, children, naming);
	const descriptor = {
		...top,
		annotations: {
			...top.annotations,
			[REF_NAME]: reference
		}
	};
	await writeIndex(layout, [descriptor]);
	const written = new Map(children.map(({ blob, diffID }) => [blob.digest, diffID]));
	const violations = await layoutViolations(layout.folder, {
		written,
		...signal === void 0 ? {} : { signal }
	});
	if (violations.length > 0) throw new ImageError("image-damaged", `the image in ${layout.folder}`, violations);
	return {
		digest: descriptor.digest,
		descriptor,
		reference
	};
}
async function topDescriptor(layout, children, { annotations = [], isIndex }) {
	const entries = children.map(({ descriptor }) => descriptor);
	const [only] = entries;
	if (!isIndex && only !== void 0 && entries.length === 1) return only;
	const { bytes, descriptor } = imageIndex(entries, annotationsFor(annotations, "index"));
	await putBlob(layout, bytes);
	return {
		...descriptor,
		annotations: annotationsFor(annotations, "index-descriptor")
	};
}
// src/host/space.ts
const MEGABYTE = 1024 ** 2;
/** What we assume to be in the disk of a description that gives no smaller `<size>`. */
const ASSUMED_CONTENT_BYTES = 2048 * MEGABYTE;
/** A disk of a Linux system compresses to about 40 % (440 MB of a small Debian to 166 MB); the rest is margin. */
const COMPRESSED_PART = .6;
/** Bytes that an ordinary user may still write below a path; a path that does not exist yet counts as its parent. */
async function freeBytes(path) {
	let folder = resolve(path);
	for (;;) try {
		const { bavail, bsize } = await statfs(folder);
		return bavail * bsize;
	} catch (error) {
		const parent = dirname(folder);
		if (!(error instanceof Error && "code" in error && error.code === "ENOENT") || parent === folder) throw error;
		folder = parent;
	}
}
16 * MEGABYTE;
/** The error to throw where a folder has not the space, with both numbers in GB or MB (10⁹ and 10⁶ bytes, as `df -H` shows them). */
function spaceProblem(needBytes, haveBytes, path) {
	if (haveBytes >= needBytes) return void 0;
	return new HostError("host-space", `not enough space in ${path}: about ${amount(needBytes, Math.ceil)} are needed, ${amount(haveBytes, Math.floor)} are free`, "free some, or set work-dir to a folder on a larger file system");
}
function amount(bytes, round) {
	return bytes < 1e9 ? `${round(bytes / 1e6)} MB` : `${(round(bytes / 1e8) / 10).toFixed(1)} GB`;
}
/**
* Bytes needed to wrap an existing disk: all blobs, and beside them one converted disk at a time and those that stay.
*
* @param disks in the order in which they are made
*/
function diskSpaceNeed(facts, disks) {
	let keptBytes = 0;
	let needBytes = 0;
	for (const disk of disks) {
		const { fileBytes, blobsBytes, workBytes } = spaceOf(facts, disk);
		needBytes = Math.max(needBytes, keptBytes + fileBytes + Math.max(blobsBytes, workBytes));
		keptBytes += blobsBytes + (disk.stays ? fileBytes : 0);
	}
	return Math.ceil(needBytes);
}
function spaceOf({ contentBytes, lengthBytes = contentBytes }, disk) {
	const packedBytes = contentBytes * COMPRESSED_PART;
	const fileBytes = disk.packed ? packedBytes : contentBytes;
	const plainBytes = disk.whole ? lengthBytes : contentBytes;
	const sizes = disk.blobs.map(({ compressed }) => compressed || disk.packed ? packedBytes : plainBytes);
	const blobsBytes = sizes.reduce((total, bytes) => total + bytes, 0);
	const framedBytes = disk.blobs.some(({ framed }) => framed) ? Math.max(...sizes) : 0;
	const workBytes = Math.max(disk.rawCopy ? contentBytes : 0, blobsBytes + framedBytes);
	return {
		fileBytes: disk.converted ? fileBytes : 0,
		blobsBytes,
		workBytes
	};
}
/**
* Bytes needed to build a description: root tree, raw disk, and what is written of the disk.
*
* The raw disk is sparse, so `<size>` only limits what it can hold; a small system in a disk of 100 GB is usual. The
* estimate takes the smaller of `<size>` and 2 GB and is meant to stop what cannot work; `diskSpaceNeed` is asked again
* when the disk is there.
*
* @param sizeMegabytes `<size>` of the type in MB, where it is given
*/
function descriptionSpaceNeed(disks, sizeMegabytes) {
	const limit = sizeMegabytes === void 0 ? Number.POSITIVE_INFINITY : sizeMegabytes * MEGABYTE;
	const contentBytes = Math.min(limit, ASSUMED_CONTENT_BYTES);
	return contentBytes + contentBytes + diskSpaceNeed({ contentBytes }, disks);
}
// src/kiwi/place.ts
/**
* Why KIWI cannot build below a folder, as one sentence: it hands its paths to shells without quotes (KIWI:
* `package_manager/apt.py`, the hook of `apt-get` that collects the bootstrap packages).
*/
function kiwiPathProblem(folder) {
	if (/^[\w@%+=:,./-]+$/.test(folder)) return void 0;
	return `KIWI cannot build below ${folder}: name a folder without spaces and signs that a shell reads`;
}
// src/job/space.ts
/**
* What can be told of the place of a build before anything is there: all of it.
*
* @param folder where its work folder is to be made; may be missing still
*/
async function buildLacks(plan, folder) {
	if (plan.source.kind !== "description") return [];
	const unfit = kiwiPathProblem(resolve(folder));
	const { size } = plan.source.selected;
	const space = spaceProblem(descriptionSpaceNeed(writtenDisks(plan, "raw"), size?.additive ? void 0 : size?.megabytes), await freeBytes(folder), folder);
	return [...unfit === void 0 ? [] : [new HostError("host-folder", "the folder to build in is of no use", unfit)], ...space === void 0 ? [] : [space]];
}
/**
* @param made how many of the plan's disks are there already, with their blobs
* @throws HostError when the disks and their blobs have no room in the work folder
*/
async function checkDiskSpace(plan, from, job, made = 0) {
	const { sizeBytes: contentBytes, virtualSizeBytes: lengthBytes } = from;
	const yetToMake = writtenDisks(plan, from.format).slice(made);
	await checkSpace(diskSpaceNeed({
		contentBytes,
		lengthBytes
	}, yetToMake), job);
}
/**
* Asks again where a blob will be as long as the disk's file, whose holes are known only now.
*
* @throws HostError when they have no room
*/
async function checkBlobSpace(plan, disk, ready, job) {
	const plain = disk.children.filter((child) => !isPacked(plan, child));
	if (plain.length > 0) await checkSpace(plain.length * ready.sizeBytes, job);
}
/** All disks of the plan; the first one's file is an output of the job. */
function writtenDisks(plan, from) {
	return plannedDisks(plan).map((disk, at) => ({
		...writtenDisk(plan, disk, from),
		stays: at === 0
	}));
}
function writtenDisk(plan, disk, from) {
	const format = disk.format;
	const { packed = false, whole = false } = diskFormat(format);
	return {
		converted: makesFile(plan, disk, from),
		packed,
		whole,
		rawCopy: format === "gce" && from !== "raw",
		blobs: disk.children.map((child) => ({
			compressed: isPacked(plan, child),
			framed: child.kind === "podman-machine-4"
		}))
	};
}
function isPacked(plan, child) {
	return childCompression(plan, child).algorithm !== "none";
}
async function checkSpace(needBytes, job) {
	const problem = spaceProblem(needBytes, await freeBytes(job.workFolder), job.workFolder);
	if (problem) throw problem;
}
// src/oci/layer/filelayer.ts
/**
* Writes the layer that podman 4.9 takes for its machine: a tar of one entry alone, the disk compressed by itself
* (pkg/machine/ocidir.go, `headerCount != 1`). The compressed disk stands beside the blobs for as long as this takes,
* since a tar says the size of a file before it.
*
* @throws what `writeDiskBlob` does
*/
async function writeSingleFileLayer(file, options) {
	const { blobs } = options;
	await using folder = await mkdtempDisposable(join(blobs, ".file-"));
	const inner = await writeDiskBlob(file, {
		...options,
		blobs: folder.path
	});
	const source = join(folder.path, digestHex(inner.digest));
	const plain = {
		...options,
		compression: { algorithm: "none" }
	};
	const { digest, size } = await writeDiskBlob({ source }, plain, (sizeBytes) => frameOf(options, sizeBytes));
	return {
		mediaType: mediaTypes.layer,
		digest,
		diffID: digest,
		size
	};
}
function frameOf({ name, epochSeconds }, sizeBytes) {
	return {
		head: tarHeader({
			kind: "file",
			path: name,
			sizeBytes,
			mtimeSeconds: epochSeconds,
			mode: 420,
			uid: 0,
			gid: 0
		}),
		tail: Buffer.concat([tarPadding(sizeBytes), tarEnd()])
	};
}
// src/oci/layer/layer.ts
/**
* Writes the layer with the disk: framed as tar, as `writeDiskBlob` writes it.
*
* @throws what `writeDiskBlob` does; ImageError for a path that cannot be in an image
*/
async function writeDiskLayer(file, options) {
	const { digest, size, contentDigest } = await writeDiskBlob(file, options, (sizeBytes) => tarFrame(file.path, sizeBytes, options));
	return {
		mediaType: layerMediaType(options.compression),
		digest,
		diffID: contentDigest,
		size
	};
}
function tarFrame(path, sizeBytes, { epochSeconds, hasBase }) {
	const entries = diskEntries(path, {
		sizeBytes,
		mtimeSeconds: epochSeconds,
		hasBase
	});
	return {
		head: Buffer.concat(entries.map(tarHeader)),
		tail: Buffer.concat([tarPadding(sizeBytes), tarEnd()])
	};
}
// src/job/wrap.ts
/**
* Puts a disk on a base: the blobs of an image in a layout. The same disk, base, request and time give the same digest.
*
* @throws ImageError when the base cannot be built upon; RegistryError when the base is for another platform; HostError
*   when the disk file changes meanwhile or there is no space; AbortError after `signal`
*/
async function writeImage(layout, request) {
	const { base, platform, pathInImage } = request;
	const baseLayers = base === void 0 ? [] : checkedLayers(base, platform);
	const layer = await writeLayer(layout, request);
	for (const { digest } of baseLayers) await linkBlob(layout, fileOf(digest, base), digest);
	const annotations = annotationsFor(request.annotations, "manifest", platform);
	const image = append(base, layer, {
		...request,
		annotations,
		createdBy: `kiwi-oci: ${pathInImage}`
	});
	await putBlob(layout, image.configBytes);
	await putBlob(layout, image.manifestBytes);
	const entry = annotationsFor(request.annotations, "manifest-descriptor", platform);
	return {
		descriptor: {
			...image.descriptor,
			...Object.keys(entry).length === 0 ? {} : { annotations: entry }
		},
		blob: layer,
		diffID: layer.diffID
	};
}
async function writeLayer({ blobs }, request) {
	const { disk, base, pathInImage: path, compression, epochSeconds, signal } = request;
	const options = {
		compression,
		epochSeconds,
		blobs,
		...signal === void 0 ? {} : { signal }
	};
	return request.isSingleFile ? await writeSingleFileLayer(disk, {
		...options,
		name: path.slice(1)
	}) : await writeDiskLayer({
		...disk,
		path
	}, {
		...options,
		hasBase: base !== void 0
	});
}
function fileOf(digest, base) {
	const file = base?.blobs.get(digest);
	if (file !== void 0) return file;
	throw new ImageError("image-damaged", `the base ${base?.name}`, [`its layer ${digest} was not fetched`]);
}
// src/job/children.ts
/**
* Writes every child of the plan into a layout of its own, and the index over them where there is one. Each disk is
* converted once and, but for the first child's, gone when its children are written.
*
* @throws HostError without space, and when the disk changes meanwhile; what `convertSource`, `writeImage`, `writeArtifact`
*   and `nameChildren` throw
*/
async function writeChildren(plan, { raw, base }, job) {
	const { report, stopwatch, signal } = job;
	const layout = await createLayout(join(job.workFolder, "layout"));
	const made = await makeChildren({
		plan,
		raw,
		base,
		layout,
		job
	});
	const [first] = made;
	if (first === void 0) throw new Error("a plan without children");
	const naming = {
		annotations: plan.annotations,
		isIndex: isIndex(plan),
		signal
	};
	report.group("Check what was written");
	const named = await stopwatch.time("Wrap", () => nameChildren(layout, made.map(({ written }) => written), naming));
	if (isIndex(plan)) report.info(`Index: ${named.digest} of ${made.length} ${made.length === 1 ? "entry" : "entries"}`);
	report.endGroup();
	const children = made.map(builtChild);
	const file = first.disk.file.source;
	return {
		...named,
		layout: layout.folder,
		children,
		disk: {
			...diskOf(first),
			file
		}
	};
}
async function makeChildren(making) {
	const { plan, raw, job } = making;
	const made = [];
	for (const [at, planned] of plannedDisks(plan).entries()) {
		await checkDiskSpace(plan, raw, job, at);
		const disk = await convertSource(plan, planned, raw, job);
		await checkBlobSpace(plan, planned, disk, job);
		for (const child of planned.children) made.push(await makeChild(making, child, disk));
		const { source } = disk.file;
		if (at > 0 && source !== raw.file) await rm(source, { force: true });
	}
	const order = plannedChildren(plan).map(({ path }) => path);
	return made.toSorted((one, other) => order.indexOf(one.planned.path) - order.indexOf(other.planned.path));
}
async function makeChild(making, planned, disk) {
	const { report, stopwatch } = making.job;
	const { kind, diskType, path } = planned;
	report.group(kind === "container" ? "Wrap" : `Wrap for ${[kind, diskType].filter(Boolean).join(" ")}`);
	const written = await stopwatch.time("Wrap", () => writeChild(making, planned, disk));
	const { digest, artifactType } = written.descriptor;
	report.info(`${artifactType === void 0 ? "Image" : "Artifact"}: ${digest} with ${path}`);
	report.endGroup();
	return {
		planned,
		disk,
		written
	};
}
function writeChild({ plan, raw, base, layout, job }, planned, disk) {
	const { source, platform, annotations, config: changes, labels } = plan;
	const { kind, path, diskType } = planned;
	const facts = {
		platform,
		annotations,
		...source.kind === "description" ? {
			title: source.name,
			version: source.version
		} : { title: diskStem(source) },
		epochSeconds: plan.sourceDateEpoch ?? imageTime(raw.state),
		compression: childCompression(plan, planned),
		signal: job.signal
	};
	if (isArtifactKind(kind)) return writeArtifact(layout, {
		...facts,
		disk,
		fileName: path,
		...diskType ? { diskType } : {}
	});
	const isSingleFile = kind === "podman-machine-4";
	return writeImage(layout, {
		...facts,
		disk: disk.file,
		pathInImage: path,
		changes,
		labels,
		isSingleFile,
		...base ? { base } : {}
	});
}
function builtChild(made) {
	const { kind, diskType } = made.planned;
	const { descriptor, blob } = made.written;
	return {
		kind,
		...diskType === void 0 ? {} : { diskType },
		digest: descriptor.digest,
		descriptor,
		disk: diskOf(made),
		layerSizeBytes: blob.size
	};
}
function diskOf({ planned: { path }, disk: { format, virtualSizeBytes, sizeBytes } }) {
	return {
		path,
		format,
		virtualSizeBytes,
		sizeBytes
	};
}
// src/cache/packages.ts
/**
* Package files in KIWI's `--shared-cache-dir`: `apt-get/archives/*.deb` (kiwi/repository/apt.py: Dir::Cache is
* `apt-get/`), `dnf/cache/REPO/packages/*.rpm` (dnf4.py, dnf5.py), `packages/REPO/ARCH/*.rpm` (zypper.py; `packages.moved`
* while KIWI has no repository). Everything else there (lists, solver files, locks) belongs to one build.
*/
const PACKAGE = /\.(?:deb|rpm)$/;
/** Halves of them among it, of jobs that were killed. */
const PRUNED = /\.(?:deb|rpm)(?:\.[0-9a-f-]{36}\.tmp)?$/;
const DEPTH_LIMIT$2 = 12;
/** Of one package in an entry of the cache. */
const PACKAGE_LIMIT_BYTES = 2 * 1024 ** 3;
const DAY_MILLISECONDS = 864e5;
/** Holds what apt was still downloading when it ended. */
const PARTIAL = "partial";
/** Whether a file may travel through a cache as a package. What it holds is for the package manager to check. */
function isPackage({ path, sizeBytes }) {
	return PACKAGE.test(path) && sizeBytes <= PACKAGE_LIMIT_BYTES;
}
/**
* Keeps the packages that a build downloaded: from the job's own shared cache, which root owns and all may read, into a
* folder of ours. Trouble is a warning.
*
* @param nowMilliseconds becomes the age of all that the build used
* @returns how many were new
*/
async function keepPackages(fromSharedCache, toFolder, nowMilliseconds, report) {
	const now = new Date(nowMilliseconds);
	return await copyPackages(fromSharedCache, toFolder, report, { touch: (path) => utimes(path, now, now) });
}
/** Removes kept packages that no build used for so many days. */
async function prunePackages(folder, olderThanDays, nowMilliseconds, report) {
	const oldest = nowMilliseconds - olderThanDays * DAY_MILLISECONDS;
	try {
		for await (const path of packageFiles(folder, 0, PRUNED)) if ((await lstat(path)).mtimeMs < oldest) await rm(path, { force: true });
	} catch (error) {
		report.warning(`old packages in ${folder} cannot be removed: ${String(error)}`);
	}
}
/**
* Offers kept packages to a build so that its package manager checks them. dnf and zypper hash what they find; apt takes
* what lies in `archives` by its size alone, unchecked (measured with 2.6.1, apt-pkg/acquire-item.cc), but what lies in
* `archives/partial` only after the hash of the signed index was held against it, and fetches it again otherwise.
*
* @returns how many there are for it
*/
async function offerPackages(fromFolder, toSharedCache, report) {
	return await copyPackages(fromFolder, toSharedCache, report, { placed: (path) => path.endsWith(".deb") ? join(dirname(path), PARTIAL, basename(path)) : path });
}
async function copyPackages(from, to, report, how) {
	let count = 0;
	try {
		for await (const path of packageFiles(from, 0)) {
			const inFolder = relative(from, path);
			const target = join(to, how.placed?.(inFolder) ?? inFolder);
			if (await copyPackage(path, target)) count++;
			await how.touch?.(target);
		}
	} catch (error) {
		report.warning(`packages cannot be copied from ${from} to ${to}: ${String(error)}`);
	}
	return count;
}
/** Regular files with content; links are not followed, in folders neither. */
async function* packageFiles(folder, depth, names = PACKAGE) {
	for (const entry of await entries(folder)) {
		const path = join(folder, entry.name);
		if (entry.isDirectory() && entry.name !== PARTIAL && depth < DEPTH_LIMIT$2) yield* packageFiles(path, depth + 1, names);
		else if (entry.isFile() && names.test(entry.name) && (await lstat(path)).size > 0) yield path;
	}
}
async function entries(folder) {
	return await readdir(folder, { withFileTypes: true }).catch((error) => {
		if (error.code === "ENOENT" || error.code === "EACCES") return [];
		throw error;
	});
}
async function copyPackage(from, to) {
	if ((await lstat(to).catch(() => void 0))?.isFile() && (await fileDigest(to)).digest === (await fileDigest(from)).digest) return false;
	await makeFolder(dirname(to));
	const temporary = `${to}.${randomUUID()}.tmp`;
	try {
		await copyFile(from, temporary, constants$1.COPYFILE_FICLONE);
		await rename(temporary, to);
		return true;
	} finally {
		await rm(temporary, { force: true });
	}
}
// src/description/find.ts
const YAML_NAMES = ["config.yaml", "config.yml"];
/**
* Finds the main file of a description: `config.xml` before the only `*.kiwi` (kiwi/tasks/base.py), before
* `config.yaml` or `config.yml`.
*
* @param path a folder, or the file itself; from the working folder where it is relative
* @throws InputError for the input `description`: it is missing, holds no description, or more than one
*/
async function findDescription(path) {
	const refuse = (text) => new InputError([{
		where: "input description",
		text
	}]);
	const place = resolve(path);
	const stats = await stat(place).catch(() => void 0);
	if (stats === void 0) throw refuse(`${path} does not exist: name the folder of a KIWI description`);
	if (stats.isFile()) return {
		folder: dirname(place),
		file: place
	};
	if (!stats.isDirectory()) throw refuse(`${path} is neither a folder nor a file: name the folder of a KIWI description`);
	const names = await filesIn(place, () => refuse(`${path} cannot be read: give us the right to read it`));
	if (names.includes("config.xml")) return {
		folder: place,
		file: join(place, "config.xml")
	};
	const kiwiNames = names.filter((name) => name.endsWith(".kiwi"));
	const candidates = kiwiNames.length > 0 ? kiwiNames : names.filter((name) => YAML_NAMES.includes(name));
	const [name, ...others] = candidates;
	if (name === void 0) throw refuse(`${path} holds no config.xml, *.kiwi, config.yaml or config.yml: name the folder of a KIWI description`);
	if (others.length > 0) throw refuse(`${path} holds ${candidates.join(" and ")}: name the file to build, such as ${join(path, name)}`);
	return {
		folder: place,
		file: join(place, name)
	};
}
async function filesIn(folder, unreadable) {
	const names = await readdir(folder).catch(() => {
		throw unreadable();
	});
	const isFile = (name) => stat(join(folder, name)).then((stats) => stats.isFile(), () => false);
	return (await Promise.all(names.sort().map(async (name) => await isFile(name) ? [name] : []))).flat();
}
// src/description/fingerprint.ts
/**
* A sha256, in hex, over all that a staged description consists of: paths, modes, bytes and links, but not times.
*
* @param folder of files, folders and symbolic links
*/
async function fingerprint(folder) {
	const hash = createHash("sha256");
	await addFolder(hash, folder, "");
	return hash.digest("hex");
}
async function addFolder(hash, root, path) {
	const names = await readdir(join(root, path));
	for (const name of names.sort()) {
		const entry = path === "" ? name : `${path}/${name}`;
		const stats = await lstat(join(root, entry));
		const mode = (stats.mode & 4095).toString(8);
		if (stats.isSymbolicLink()) add(hash, "link", entry, await readlink(join(root, entry)));
		else if (stats.isDirectory()) {
			add(hash, "folder", entry, mode);
			await addFolder(hash, root, entry);
		} else add(hash, "file", entry, mode, await contentHash(join(root, entry)));
	}
}
async function contentHash(file) {
	const hash = createHash("sha256");
	await pipeline(createReadStream(file), hash);
	return hash.digest("hex");
}
/** With lengths, so that no two lists of words make the same bytes. */
function add(hash, ...words) {
	for (const word of words) hash.update(`${Buffer.byteLength(word)}:`).update(word);
	hash.update("\n");
}
// src/description/place.ts
/**
* A problem at a place in a description file.
*
* @param file absolute, @param line from 1, @param text one sentence without the place: what is wrong, what to write
*/
function descriptionProblem(file, line, text) {
	return {
		where: `${basename(file)}:${line}`,
		text,
		file,
		line
	};
}
/** The line, from 1, of an offset in `text`; XML 1.0 section 2.11 says what ends a line. */
function lineCounter(text) {
	const starts = [0];
	for (const end of text.matchAll(/\r\n|\r|\n/g)) starts.push(end.index + end[0].length);
	return (offset) => lastAtOrBefore(starts, offset) + 1;
}
/** Index of the last entry of the ascending `values` that is not above `wanted`; -1 where all are. */
function lastAtOrBefore(values, wanted) {
	let low = 0;
	let high = values.length;
	while (low < high) {
		const middle = low + high >> 1;
		if ((values[middle] ?? 0) <= wanted) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}
// src/description/containerrules.ts
const TEXT = {};
const BOOLEAN = {
	pattern: /^(true|false|1|0)$/,
	advice: "true or false"
};
const PORT = {
	pattern: /^\d+(\/(udp|tcp))?$/,
	advice: "a number, with /tcp or /udp behind it where it matters"
};
/** Four numbers up to 65535 (`package-version-type`). */
const PACKAGE_VERSION = {
	pattern: /^(?:(?:^|\.)(?:0|[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])){4}$/,
	advice: "four numbers, such as 1.0.0.0"
};
const COMMAND = {
	attributes: {
		execute: TEXT,
		clear: BOOLEAN
	},
	either: ["execute", "clear"],
	children: { argument: {
		rule: {
			attributes: { name: TEXT },
			required: ["name"]
		},
		several: "any"
	} }
};
/** The schema has one `<volume>` for containers and for LVM. */
const VOLUME_ATTRIBUTES = [...[
	"name",
	"copy_on_write",
	"quota",
	"filesystem_check",
	"freespace",
	"mountpoint",
	"label",
	"parent",
	"size",
	"arch"
]];
/** kiwi/schema/kiwi.rnc from `main block: <containerconfig>` on. */
const CONTAINERCONFIG = {
	attributes: {
		name: TEXT,
		tag: TEXT,
		additionalnames: TEXT,
		maintainer: TEXT,
		user: TEXT,
		workingdir: TEXT
	},
	required: ["name"],
	children: {
		entrypoint: { rule: COMMAND },
		subcommand: { rule: COMMAND },
		expose: { rule: { children: { port: list({ number: PORT }) } } },
		volumes: { rule: { children: { volume: list(Object.fromEntries(VOLUME_ATTRIBUTES.map((name) => [name, TEXT])), ["name"]) } } },
		stopsignal: { rule: { text: true } },
		environment: { rule: { children: { env: list({
			name: TEXT,
			value: TEXT
		}) } } },
		labels: { rule: { children: { label: list({
			name: TEXT,
			value: TEXT
		}) } } },
		history: { rule: {
			attributes: {
				created_by: TEXT,
				author: TEXT,
				application_id: TEXT,
				package_version: PACKAGE_VERSION,
				launcher: TEXT
			},
			text: true
		} }
	}
};
function list(attributes, required = Object.keys(attributes)) {
	return {
		rule: {
			attributes,
			required
		},
		several: "one or more"
	};
}
/**
* What KIWI's schema would refuse in the `<containerconfig>` of a type. KIWI itself does not see it: the copy that it
* builds from is without.
*
* @param type a disk type, @param schemaVersion of the description
*/
function containerProblems(type, schemaVersion) {
	const attributes = {
		...CONTAINERCONFIG.attributes,
		...Number(schemaVersion) < 7.5 ? { additionaltags: TEXT } : {}
	};
	const rule = {
		...CONTAINERCONFIG,
		attributes
	};
	return type.children.filter((child) => child.name === "containerconfig").flatMap((section, index) => index === 0 ? elementProblems(section, rule) : [problemAt(section, "is there twice: write one")]);
}
function elementProblems(element, rule) {
	const text = rule.text !== true && element.text.trim() !== "";
	return [
		...attributeProblems(element, rule),
		...missingProblems(element, rule),
		...childProblems(element, rule.children ?? {}),
		...text ? [problemAt(element, `holds the text ${JSON.stringify(element.text.trim())}: remove it`)] : []
	];
}
function attributeProblems(element, { attributes = {} }) {
	return element.attributes.filter(({ name }) => !/^xmlns(:|$)/.test(name)).flatMap(({ name, value, line }) => {
		const known = Object.hasOwn(attributes, name) ? attributes[name] : void 0;
		if (known === void 0) return [problemAt({
			...element,
			line
		}, `has no attribute ${name}: ${advice(name, Object.keys(attributes))}`)];
		if (known.pattern?.test(value.trim()) ?? true) return [];
		return [problemAt({
			...element,
			line
		}, `cannot have ${name}="${value}": write ${known.advice}`)];
	});
}
function missingProblems(element, { required = [], either = [] }) {
	const has = (name) => element.attributes.some((attribute) => attribute.name === name);
	const missing = required.filter((name) => !has(name)).map((name) => problemAt(element, `needs ${name}="…"`));
	if (either.length === 0 || either.filter(has).length === 1) return missing;
	return [...missing, problemAt(element, `takes one of ${either.map((name) => `${name}="…"`).join(" and ")}`)];
}
function childProblems(element, children) {
	const seen = /* @__PURE__ */ new Set();
	const problems = element.children.flatMap((child) => {
		const known = Object.hasOwn(children, child.name) ? children[child.name] : void 0;
		if (known === void 0) return [problemAt(child, `has no place in <${element.name}>: ${advice(child.name, Object.keys(children))}`)];
		const isAgain = seen.has(child.name) && known.several === void 0;
		seen.add(child.name);
		return isAgain ? [problemAt(child, "is there twice: write one")] : elementProblems(child, known.rule);
	});
	const absent = Object.entries(children).filter(([name, { several }]) => several === "one or more" && !seen.has(name));
	return [...problems, ...absent.map(([name]) => problemAt(element, `is empty: write a <${name} …/> in it`))];
}
function advice(wrong, known) {
	if (known.length === 0) return "remove it";
	const nearest = nearestWord(wrong, known);
	return `${nearest === void 0 ? "" : `did you mean ${nearest}? `}known are ${known.join(", ")}`;
}
function problemAt(element, text) {
	return descriptionProblem(element.file, element.line, `<${element.name}> ${text}`);
}
// src/description/description.ts
/** The attributes of an element as a record. */
function attributesOf(element) {
	return Object.fromEntries(element.attributes.map((attribute) => [attribute.name, attribute.value]));
}
/** Parts of a list that KIWI splits at commas and nothing else (kiwi/xml_state.py); empty for an attribute left out. */
function commaParts(value) {
	return value === void 0 || value === "" ? [] : value.split(",");
}
// src/description/encoding.ts
const BYTE_ORDER_MARKS = [
	["utf-32", [
		255,
		254,
		0,
		0
	]],
	["utf-32", [
		0,
		0,
		254,
		255
	]],
	["utf-8", [
		239,
		187,
		191
	]],
	["utf-16le", [255, 254]],
	["utf-16be", [254, 255]],
	["utf-16le", [60, 0]],
	["utf-16be", [0, 60]]
];
/**
* The text of a description file, without its byte order mark. The encoding is that of the byte order mark, else the
* one of the XML declaration, else UTF-8 (XML 1.0, appendix F).
*
* @param bytes the whole file, @param file where it stands, for the message
* @throws DescriptionError for an encoding that we do not know, and for bytes that are none in it (with their line)
*/
function decodedText(bytes, file) {
	const mark = BYTE_ORDER_MARKS.find(([, start]) => start.every((byte, index) => bytes[index] === byte));
	const declared = declaredEncoding(bytes);
	const encoding = mark?.[0] ?? declared ?? "utf-8";
	if (mark === void 0 && /^(utf-?16|ucs-?2|iso-10646)/i.test(encoding)) throw encodingError(file, 1, `the XML declaration says ${encoding}, but the file is not written so: write UTF-8`);
	const decoder = decoderFor(encoding, file);
	try {
		return decoder.decode(bytes);
	} catch {
		throw encodingError(file, firstBadLine(bytes, encoding), `these bytes are no ${encoding.toUpperCase()}: save the file as UTF-8`);
	}
}
function declaredEncoding(bytes) {
	const start = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
	return /^(?:\xef\xbb\xbf)?<\?xml\s[^?]*?encoding\s*=\s*["']([^"']*)["']/.exec(start)?.[1];
}
function decoderFor(encoding, file) {
	try {
		return new TextDecoder(encoding, { fatal: true });
	} catch {
		throw encodingError(file, 1, `the encoding ${encoding} is not known: save the file as UTF-8 and declare that`);
	}
}
function firstBadLine(bytes, encoding) {
	if (encoding.startsWith("utf-16")) return 1;
	let line = 1;
	for (let start = 0; start < bytes.length; line += 1) {
		const newline = bytes.indexOf(10, start);
		const end = newline === -1 ? bytes.length : newline + 1;
		try {
			new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(start, end));
		} catch {
			return line;
		}
		start = end;
	}
	return line;
}
function encodingError(file, line, text) {
	return new DescriptionError([descriptionProblem(file, line, text)]);
}
// src/description/file.ts
/** The largest of KIWI's own have 200 KiB. */
const LIMIT_BYTES$1 = 16777216;
/**
* The content of a file of a description: a device or a pipe, to which an `<include>` may lead, has no end.
*
* @throws DescriptionError when it is no regular file or has more than 16 MiB; errors of the file system
*/
async function descriptionBytes(path) {
	await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
	const stat = await file.stat();
	const refused = (text) => new DescriptionError([descriptionProblem(path, 1, text)]);
	if (!stat.isFile()) throw refused(`${path} is no regular file: name the file of a description`);
	if (stat.size > LIMIT_BYTES$1) throw refused(`${path} has ${stat.size} bytes: a description has at most 16 MiB`);
	return await file.readFile();
}
// src/description/include.ts
/**
* The file that `<include from="…"/>` names, absolute. KIWI takes a relative one from where it was started
* (kiwi/markup/base.py); we start KIWI elsewhere and take it from the description's folder, which its manual shows.
*/
function includedFile(from, folder) {
	return resolve(folder, from.replace(/^(this|file|dir):(\/\/)?/, ""));
}
// node_modules/xmlchars/xml/1.0/ed5.js
var require_ed5 = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Character classes and associated utilities for the 5th edition of XML 1.0.
	*
	* @author Louis-Dominique Dubeau
	* @license MIT
	* @copyright Louis-Dominique Dubeau
	*/
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.CHAR = "	\n\r -퟿-�𐀀-􏿿";
	exports.S = " 	\r\n";
	exports.NAME_START_CHAR = ":A-Z_a-zÀ-ÖØ-öø-˿Ͱ-ͽͿ-῿‌‍⁰-↏Ⰰ-⿯、-퟿豈-﷏ﷰ-�𐀀-󯿿";
	exports.NAME_CHAR = "-" + exports.NAME_START_CHAR + ".0-9·̀-ͯ‿-⁀";
	exports.CHAR_RE = new RegExp("^[" + exports.CHAR + "]$", "u");
	exports.S_RE = new RegExp("^[" + exports.S + "]+$", "u");
	exports.NAME_START_CHAR_RE = new RegExp("^[" + exports.NAME_START_CHAR + "]$", "u");
	exports.NAME_CHAR_RE = new RegExp("^[" + exports.NAME_CHAR + "]$", "u");
	exports.NAME_RE = new RegExp("^[" + exports.NAME_START_CHAR + "][" + exports.NAME_CHAR + "]*$", "u");
	exports.NMTOKEN_RE = new RegExp("^[" + exports.NAME_CHAR + "]+$", "u");
	var TAB = 9;
	var NL = 10;
	var CR = 13;
	var SPACE = 32;
	/** All characters in the ``S`` production. */
	exports.S_LIST = [
		SPACE,
		NL,
		CR,
		TAB
	];
	/**
	* Determines whether a codepoint matches the ``CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``CHAR``.
	*/
	function isChar(c) {
		return c >= SPACE && c <= 55295 || c === NL || c === CR || c === TAB || c >= 57344 && c <= 65533 || c >= 65536 && c <= 1114111;
	}
	exports.isChar = isChar;
	/**
	* Determines whether a codepoint matches the ``S`` (space) production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``S``.
	*/
	function isS(c) {
		return c === SPACE || c === NL || c === CR || c === TAB;
	}
	exports.isS = isS;
	/**
	* Determines whether a codepoint matches the ``NAME_START_CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``NAME_START_CHAR``.
	*/
	function isNameStartChar(c) {
		return c >= 65 && c <= 90 || c >= 97 && c <= 122 || c === 58 || c === 95 || c === 8204 || c === 8205 || c >= 192 && c <= 214 || c >= 216 && c <= 246 || c >= 248 && c <= 767 || c >= 880 && c <= 893 || c >= 895 && c <= 8191 || c >= 8304 && c <= 8591 || c >= 11264 && c <= 12271 || c >= 12289 && c <= 55295 || c >= 63744 && c <= 64975 || c >= 65008 && c <= 65533 || c >= 65536 && c <= 983039;
	}
	exports.isNameStartChar = isNameStartChar;
	/**
	* Determines whether a codepoint matches the ``NAME_CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``NAME_CHAR``.
	*/
	function isNameChar(c) {
		return isNameStartChar(c) || c >= 48 && c <= 57 || c === 45 || c === 46 || c === 183 || c >= 768 && c <= 879 || c >= 8255 && c <= 8256;
	}
	exports.isNameChar = isNameChar;
}));
// node_modules/xmlchars/xml/1.1/ed2.js
var require_ed2 = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Character classes and associated utilities for the 2nd edition of XML 1.1.
	*
	* @author Louis-Dominique Dubeau
	* @license MIT
	* @copyright Louis-Dominique Dubeau
	*/
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.CHAR = "-퟿-�𐀀-􏿿";
	exports.RESTRICTED_CHAR = "-\b\v\f---";
	exports.S = " 	\r\n";
	exports.NAME_START_CHAR = ":A-Z_a-zÀ-ÖØ-öø-˿Ͱ-ͽͿ-῿‌‍⁰-↏Ⰰ-⿯、-퟿豈-﷏ﷰ-�𐀀-󯿿";
	exports.NAME_CHAR = "-" + exports.NAME_START_CHAR + ".0-9·̀-ͯ‿-⁀";
	exports.CHAR_RE = new RegExp("^[" + exports.CHAR + "]$", "u");
	exports.RESTRICTED_CHAR_RE = new RegExp("^[" + exports.RESTRICTED_CHAR + "]$", "u");
	exports.S_RE = new RegExp("^[" + exports.S + "]+$", "u");
	exports.NAME_START_CHAR_RE = new RegExp("^[" + exports.NAME_START_CHAR + "]$", "u");
	exports.NAME_CHAR_RE = new RegExp("^[" + exports.NAME_CHAR + "]$", "u");
	exports.NAME_RE = new RegExp("^[" + exports.NAME_START_CHAR + "][" + exports.NAME_CHAR + "]*$", "u");
	exports.NMTOKEN_RE = new RegExp("^[" + exports.NAME_CHAR + "]+$", "u");
	var TAB = 9;
	var NL = 10;
	var CR = 13;
	var SPACE = 32;
	/** All characters in the ``S`` production. */
	exports.S_LIST = [
		SPACE,
		NL,
		CR,
		TAB
	];
	/**
	* Determines whether a codepoint matches the ``CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``CHAR``.
	*/
	function isChar(c) {
		return c >= 1 && c <= 55295 || c >= 57344 && c <= 65533 || c >= 65536 && c <= 1114111;
	}
	exports.isChar = isChar;
	/**
	* Determines whether a codepoint matches the ``RESTRICTED_CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``RESTRICTED_CHAR``.
	*/
	function isRestrictedChar(c) {
		return c >= 1 && c <= 8 || c === 11 || c === 12 || c >= 14 && c <= 31 || c >= 127 && c <= 132 || c >= 134 && c <= 159;
	}
	exports.isRestrictedChar = isRestrictedChar;
	/**
	* Determines whether a codepoint matches the ``CHAR`` production and does not
	* match the ``RESTRICTED_CHAR`` production. ``isCharAndNotRestricted(x)`` is
	* equivalent to ``isChar(x) && !isRestrictedChar(x)``. This function is faster
	* than running the two-call equivalent.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``CHAR`` and does not match
	* ``RESTRICTED_CHAR``.
	*/
	function isCharAndNotRestricted(c) {
		return c === 9 || c === 10 || c === 13 || c > 31 && c < 127 || c === 133 || c > 159 && c <= 55295 || c >= 57344 && c <= 65533 || c >= 65536 && c <= 1114111;
	}
	exports.isCharAndNotRestricted = isCharAndNotRestricted;
	/**
	* Determines whether a codepoint matches the ``S`` (space) production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``S``.
	*/
	function isS(c) {
		return c === SPACE || c === NL || c === CR || c === TAB;
	}
	exports.isS = isS;
	/**
	* Determines whether a codepoint matches the ``NAME_START_CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``NAME_START_CHAR``.
	*/
	function isNameStartChar(c) {
		return c >= 65 && c <= 90 || c >= 97 && c <= 122 || c === 58 || c === 95 || c === 8204 || c === 8205 || c >= 192 && c <= 214 || c >= 216 && c <= 246 || c >= 248 && c <= 767 || c >= 880 && c <= 893 || c >= 895 && c <= 8191 || c >= 8304 && c <= 8591 || c >= 11264 && c <= 12271 || c >= 12289 && c <= 55295 || c >= 63744 && c <= 64975 || c >= 65008 && c <= 65533 || c >= 65536 && c <= 983039;
	}
	exports.isNameStartChar = isNameStartChar;
	/**
	* Determines whether a codepoint matches the ``NAME_CHAR`` production.
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches ``NAME_CHAR``.
	*/
	function isNameChar(c) {
		return isNameStartChar(c) || c >= 48 && c <= 57 || c === 45 || c === 46 || c === 183 || c >= 768 && c <= 879 || c >= 8255 && c <= 8256;
	}
	exports.isNameChar = isNameChar;
}));
// node_modules/xmlchars/xmlns/1.0/ed3.js
var require_ed3 = /* @__PURE__ */ __commonJSMin(((exports) => {
	/**
	* Character class utilities for XML NS 1.0 edition 3.
	*
	* @author Louis-Dominique Dubeau
	* @license MIT
	* @copyright Louis-Dominique Dubeau
	*/
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.NC_NAME_START_CHAR = "A-Z_a-zÀ-ÖØ-öø-˿Ͱ-ͽͿ-῿‌-‍⁰-↏Ⰰ-⿯、-퟿豈-﷏ﷰ-�𐀀-󯿿";
	exports.NC_NAME_CHAR = "-" + exports.NC_NAME_START_CHAR + ".0-9·̀-ͯ‿-⁀";
	exports.NC_NAME_START_CHAR_RE = new RegExp("^[" + exports.NC_NAME_START_CHAR + "]$", "u");
	exports.NC_NAME_CHAR_RE = new RegExp("^[" + exports.NC_NAME_CHAR + "]$", "u");
	exports.NC_NAME_RE = new RegExp("^[" + exports.NC_NAME_START_CHAR + "][" + exports.NC_NAME_CHAR + "]*$", "u");
	/**
	* Determines whether a codepoint matches [[NC_NAME_START_CHAR]].
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches.
	*/
	function isNCNameStartChar(c) {
		return c >= 65 && c <= 90 || c === 95 || c >= 97 && c <= 122 || c >= 192 && c <= 214 || c >= 216 && c <= 246 || c >= 248 && c <= 767 || c >= 880 && c <= 893 || c >= 895 && c <= 8191 || c >= 8204 && c <= 8205 || c >= 8304 && c <= 8591 || c >= 11264 && c <= 12271 || c >= 12289 && c <= 55295 || c >= 63744 && c <= 64975 || c >= 65008 && c <= 65533 || c >= 65536 && c <= 983039;
	}
	exports.isNCNameStartChar = isNCNameStartChar;
	/**
	* Determines whether a codepoint matches [[NC_NAME_CHAR]].
	*
	* @param c The code point.
	*
	* @returns ``true`` if the codepoint matches.
	*/
	function isNCNameChar(c) {
		return isNCNameStartChar(c) || c === 45 || c === 46 || c >= 48 && c <= 57 || c === 183 || c >= 768 && c <= 879 || c >= 8255 && c <= 8256;
	}
	exports.isNCNameChar = isNCNameChar;
}));
// src/description/entities.ts
var import_saxes = (/* @__PURE__ */ __commonJSMin(((exports) => {
	Object.defineProperty(exports, "__esModule", { value: true });
	exports.SaxesParser = exports.EVENTS = void 0;
	const ed5 = require_ed5();
	const ed2 = require_ed2();
	const NSed3 = require_ed3();
	var isS = ed5.isS;
	var isChar10 = ed5.isChar;
	var isNameStartChar = ed5.isNameStartChar;
	var isNameChar = ed5.isNameChar;
	var S_LIST = ed5.S_LIST;
	var NAME_RE = ed5.NAME_RE;
	var isChar11 = ed2.isChar;
	var isNCNameStartChar = NSed3.isNCNameStartChar;
	var isNCNameChar = NSed3.isNCNameChar;
	var NC_NAME_RE = NSed3.NC_NAME_RE;
	const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";
	const XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/";
	const rootNS = {
		__proto__: null,
		xml: XML_NAMESPACE,
		xmlns: XMLNS_NAMESPACE
	};
	const XML_ENTITIES = {
		__proto__: null,
		amp: "&",
		gt: ">",
		lt: "<",
		quot: "\"",
		apos: "'"
	};
	const EOC = -1;
	const NL_LIKE = -2;
	const S_BEGIN = 0;
	const S_BEGIN_WHITESPACE = 1;
	const S_DOCTYPE = 2;
	const S_DOCTYPE_QUOTE = 3;
	const S_DTD = 4;
	const S_DTD_QUOTED = 5;
	const S_DTD_OPEN_WAKA = 6;
	const S_DTD_OPEN_WAKA_BANG = 7;
	const S_DTD_COMMENT = 8;
	const S_DTD_COMMENT_ENDING = 9;
	const S_DTD_COMMENT_ENDED = 10;
	const S_DTD_PI = 11;
	const S_DTD_PI_ENDING = 12;
	const S_TEXT = 13;
	const S_ENTITY = 14;
	const S_OPEN_WAKA = 15;
	const S_OPEN_WAKA_BANG = 16;
	const S_COMMENT = 17;
	const S_COMMENT_ENDING = 18;
	const S_COMMENT_ENDED = 19;
	const S_CDATA = 20;
	const S_CDATA_ENDING = 21;
	const S_CDATA_ENDING_2 = 22;
	const S_PI_FIRST_CHAR = 23;
	const S_PI_REST = 24;
	const S_PI_BODY = 25;
	const S_PI_ENDING = 26;
	const S_XML_DECL_NAME_START = 27;
	const S_XML_DECL_NAME = 28;
	const S_XML_DECL_EQ = 29;
	const S_XML_DECL_VALUE_START = 30;
	const S_XML_DECL_VALUE = 31;
	const S_XML_DECL_SEPARATOR = 32;
	const S_XML_DECL_ENDING = 33;
	const S_OPEN_TAG = 34;
	const S_OPEN_TAG_SLASH = 35;
	const S_ATTRIB = 36;
	const S_ATTRIB_NAME = 37;
	const S_ATTRIB_NAME_SAW_WHITE = 38;
	const S_ATTRIB_VALUE = 39;
	const S_ATTRIB_VALUE_QUOTED = 40;
	const S_ATTRIB_VALUE_CLOSED = 41;
	const S_ATTRIB_VALUE_UNQUOTED = 42;
	const S_CLOSE_TAG = 43;
	const S_CLOSE_TAG_SAW_WHITE = 44;
	const TAB = 9;
	const NL = 10;
	const CR = 13;
	const SPACE = 32;
	const BANG = 33;
	const DQUOTE = 34;
	const AMP = 38;
	const SQUOTE = 39;
	const MINUS = 45;
	const FORWARD_SLASH = 47;
	const SEMICOLON = 59;
	const LESS = 60;
	const EQUAL = 61;
	const GREATER = 62;
	const QUESTION = 63;
	const OPEN_BRACKET = 91;
	const CLOSE_BRACKET = 93;
	const NEL = 133;
	const LS = 8232;
	const isQuote = (c) => c === DQUOTE || c === SQUOTE;
	const QUOTES = [DQUOTE, SQUOTE];
	const DOCTYPE_TERMINATOR = [
		...QUOTES,
		OPEN_BRACKET,
		GREATER
	];
	const DTD_TERMINATOR = [
		...QUOTES,
		LESS,
		CLOSE_BRACKET
	];
	const XML_DECL_NAME_TERMINATOR = [
		EQUAL,
		QUESTION,
		...S_LIST
	];
	const ATTRIB_VALUE_UNQUOTED_TERMINATOR = [
		...S_LIST,
		GREATER,
		AMP,
		LESS
	];
	function nsPairCheck(parser, prefix, uri) {
		switch (prefix) {
			case "xml":
				if (uri !== XML_NAMESPACE) parser.fail(`xml prefix must be bound to ${XML_NAMESPACE}.`);
				break;
			case "xmlns": if (uri !== XMLNS_NAMESPACE) parser.fail(`xmlns prefix must be bound to ${XMLNS_NAMESPACE}.`);
		}
		switch (uri) {
			case XMLNS_NAMESPACE:
				parser.fail(prefix === "" ? `the default namespace may not be set to ${uri}.` : `may not assign a prefix (even "xmlns") to the URI \
${XMLNS_NAMESPACE}.`);
				break;
			case XML_NAMESPACE: switch (prefix) {
				case "xml": break;
				case "":
					parser.fail(`the default namespace may not be set to ${uri}.`);
					break;
				default: parser.fail("may not assign the xml namespace to another prefix.");
			}
		}
	}
	function nsMappingCheck(parser, mapping) {
		for (const local of Object.keys(mapping)) nsPairCheck(parser, local, mapping[local]);
	}
	const isNCName = (name) => NC_NAME_RE.test(name);
	const isName = (name) => NAME_RE.test(name);
	const FORBIDDEN_START = 0;
	const FORBIDDEN_BRACKET = 1;
	const FORBIDDEN_BRACKET_BRACKET = 2;
	/**
	* The list of supported events.
	*/
	exports.EVENTS = [
		"xmldecl",
		"text",
		"processinginstruction",
		"doctype",
		"comment",
		"opentagstart",
		"attribute",
		"opentag",
		"closetag",
		"cdata",
		"error",
		"end",
		"ready"
	];
	const EVENT_NAME_TO_HANDLER_NAME = {
		xmldecl: "xmldeclHandler",
		text: "textHandler",
		processinginstruction: "piHandler",
		doctype: "doctypeHandler",
		comment: "commentHandler",
		opentagstart: "openTagStartHandler",
		attribute: "attributeHandler",
		opentag: "openTagHandler",
		closetag: "closeTagHandler",
		cdata: "cdataHandler",
		error: "errorHandler",
		end: "endHandler",
		ready: "readyHandler"
	};
	var SaxesParser = class {
		/**
		* @param opt The parser options.
		*/
		constructor(opt) {
			this.opt = opt !== null && opt !== void 0 ? opt : {};
			this.fragmentOpt = !!this.opt.fragment;
			const xmlnsOpt = this.xmlnsOpt = !!this.opt.xmlns;
			this.trackPosition = this.opt.position !== false;
			this.fileName = this.opt.fileName;
			if (xmlnsOpt) {
				this.nameStartCheck = isNCNameStartChar;
				this.nameCheck = isNCNameChar;
				this.isName = isNCName;
				this.processAttribs = this.processAttribsNS;
				this.pushAttrib = this.pushAttribNS;
				this.ns = Object.assign({ __proto__: null }, rootNS);
				const additional = this.opt.additionalNamespaces;
				if (additional != null) {
					nsMappingCheck(this, additional);
					Object.assign(this.ns, additional);
				}
			} else {
				this.nameStartCheck = isNameStartChar;
				this.nameCheck = isNameChar;
				this.isName = isName;
				this.processAttribs = this.processAttribsPlain;
				this.pushAttrib = this.pushAttribPlain;
			}
			this.stateTable = [
				this.sBegin,
				this.sBeginWhitespace,
				this.sDoctype,
				this.sDoctypeQuote,
				this.sDTD,
				this.sDTDQuoted,
				this.sDTDOpenWaka,
				this.sDTDOpenWakaBang,
				this.sDTDComment,
				this.sDTDCommentEnding,
				this.sDTDCommentEnded,
				this.sDTDPI,
				this.sDTDPIEnding,
				this.sText,
				this.sEntity,
				this.sOpenWaka,
				this.sOpenWakaBang,
				this.sComment,
				this.sCommentEnding,
				this.sCommentEnded,
				this.sCData,
				this.sCDataEnding,
				this.sCDataEnding2,
				this.sPIFirstChar,
				this.sPIRest,
				this.sPIBody,
				this.sPIEnding,
				this.sXMLDeclNameStart,
				this.sXMLDeclName,
				this.sXMLDeclEq,
				this.sXMLDeclValueStart,
				this.sXMLDeclValue,
				this.sXMLDeclSeparator,
				this.sXMLDeclEnding,
				this.sOpenTag,
				this.sOpenTagSlash,
				this.sAttrib,
				this.sAttribName,
				this.sAttribNameSawWhite,
				this.sAttribValue,
				this.sAttribValueQuoted,
				this.sAttribValueClosed,
				this.sAttribValueUnquoted,
				this.sCloseTag,
				this.sCloseTagSawWhite
			];
			this._init();
		}
		/**
		* Indicates whether or not the parser is closed. If ``true``, wait for
		* the ``ready`` event to write again.
		*/
		get closed() {
			return this._closed;
		}
		_init() {
			var _a;
			this.openWakaBang = "";
			this.text = "";
			this.name = "";
			this.piTarget = "";
			this.entity = "";
			this.q = null;
			this.tags = [];
			this.tag = null;
			this.topNS = null;
			this.chunk = "";
			this.chunkPosition = 0;
			this.i = 0;
			this.prevI = 0;
			this.carriedFromPrevious = void 0;
			this.forbiddenState = FORBIDDEN_START;
			this.attribList = [];
			const { fragmentOpt } = this;
			this.state = fragmentOpt ? S_TEXT : S_BEGIN;
			this.reportedTextBeforeRoot = this.reportedTextAfterRoot = this.closedRoot = this.sawRoot = fragmentOpt;
			this.xmlDeclPossible = !fragmentOpt;
			this.xmlDeclExpects = ["version"];
			this.entityReturnState = void 0;
			let { defaultXMLVersion } = this.opt;
			if (defaultXMLVersion === void 0) {
				if (this.opt.forceXMLVersion === true) throw new Error("forceXMLVersion set but defaultXMLVersion is not set");
				defaultXMLVersion = "1.0";
			}
			this.setXMLVersion(defaultXMLVersion);
			this.positionAtNewLine = 0;
			this.doctype = false;
			this._closed = false;
			this.xmlDecl = {
				version: void 0,
				encoding: void 0,
				standalone: void 0
			};
			this.line = 1;
			this.column = 0;
			this.ENTITIES = Object.create(XML_ENTITIES);
			(_a = this.readyHandler) === null || _a === void 0 || _a.call(this);
		}
		/**
		* The stream position the parser is currently looking at. This field is
		* zero-based.
		*
		* This field is not based on counting Unicode characters but is to be
		* interpreted as a plain index into a JavaScript string.
		*/
		get position() {
			return this.chunkPosition + this.i;
		}
		/**
		* The column number of the next character to be read by the parser.  *
		* This field is zero-based. (The first column in a line is 0.)
		*
		* This field reports the index at which the next character would be in the
		* line if the line were represented as a JavaScript string.  Note that this
		* *can* be different to a count based on the number of *Unicode characters*
		* due to how JavaScript handles astral plane characters.
		*
		* See [[column]] for a number that corresponds to a count of Unicode
		* characters.
		*/
		get columnIndex() {
			return this.position - this.positionAtNewLine;
		}
		/**
		* Set an event listener on an event. The parser supports one handler per
		* event type. If you try to set an event handler over an existing handler,
		* the old handler is silently overwritten.
		*
		* @param name The event to listen to.
		*
		* @param handler The handler to set.
		*/
		on(name, handler) {
			this[EVENT_NAME_TO_HANDLER_NAME[name]] = handler;
		}
		/**
		* Unset an event handler.
		*
		* @parma name The event to stop listening to.
		*/
		off(name) {
			this[EVENT_NAME_TO_HANDLER_NAME[name]] = void 0;
		}
		/**
		* Make an error object. The error object will have a message that contains
		* the ``fileName`` option passed at the creation of the parser. If position
		* tracking was turned on, it will also have line and column number
		* information.
		*
		* @param message The message describing the error to report.
		*
		* @returns An error object with a properly formatted message.
		*/
		makeError(message) {
			var _a;
			let msg = (_a = this.fileName) !== null && _a !== void 0 ? _a : "";
			if (this.trackPosition) {
				if (msg.length > 0) msg += ":";
				msg += `${this.line}:${this.column}`;
			}
			if (msg.length > 0) msg += ": ";
			return new Error(msg + message);
		}
		/**
		* Report a parsing error. This method is made public so that client code may
		* check for issues that are outside the scope of this project and can report
		* errors.
		*
		* @param message The error to report.
		*
		* @returns this
		*/
		fail(message) {
			const err = this.makeError(message);
			const handler = this.errorHandler;
			if (handler === void 0) throw err;
			else handler(err);
			return this;
		}
		/**
		* Write a XML data to the parser.
		*
		* @param chunk The XML data to write.
		*
		* @returns this
		*/
		write(chunk) {
			if (this.closed) return this.fail("cannot write after close; assign an onready handler.");
			let end = false;
			if (chunk === null) {
				end = true;
				chunk = "";
			} else if (typeof chunk === "object") chunk = chunk.toString();
			if (this.carriedFromPrevious !== void 0) {
				chunk = `${this.carriedFromPrevious}${chunk}`;
				this.carriedFromPrevious = void 0;
			}
			let limit = chunk.length;
			const lastCode = chunk.charCodeAt(limit - 1);
			if (!end && (lastCode === CR || lastCode >= 55296 && lastCode <= 56319)) {
				this.carriedFromPrevious = chunk[limit - 1];
				limit--;
				chunk = chunk.slice(0, limit);
			}
			const { stateTable } = this;
			this.chunk = chunk;
			this.i = 0;
			while (this.i < limit) stateTable[this.state].call(this);
			this.chunkPosition += limit;
			return end ? this.end() : this;
		}
		/**
		* Close the current stream. Perform final well-formedness checks and reset
		* the parser tstate.
		*
		* @returns this
		*/
		close() {
			return this.write(null);
		}
		/**
		* Get a single code point out of the current chunk. This updates the current
		* position if we do position tracking.
		*
		* This is the algorithm to use for XML 1.0.
		*
		* @returns The character read.
		*/
		getCode10() {
			const { chunk, i } = this;
			this.prevI = i;
			this.i = i + 1;
			if (i >= chunk.length) return EOC;
			const code = chunk.charCodeAt(i);
			this.column++;
			if (code < 55296) {
				if (code >= SPACE || code === TAB) return code;
				switch (code) {
					case NL:
						this.line++;
						this.column = 0;
						this.positionAtNewLine = this.position;
						return NL;
					case CR:
						if (chunk.charCodeAt(i + 1) === NL) this.i = i + 2;
						this.line++;
						this.column = 0;
						this.positionAtNewLine = this.position;
						return NL_LIKE;
					default:
						this.fail("disallowed character.");
						return code;
				}
			}
			if (code > 56319) {
				if (!(code >= 57344 && code <= 65533)) this.fail("disallowed character.");
				return code;
			}
			const final = 65536 + (code - 55296) * 1024 + (chunk.charCodeAt(i + 1) - 56320);
			this.i = i + 2;
			if (final > 1114111) this.fail("disallowed character.");
			return final;
		}
		/**
		* Get a single code point out of the current chunk. This updates the current
		* position if we do position tracking.
		*
		* This is the algorithm to use for XML 1.1.
		*
		* @returns {number} The character read.
		*/
		getCode11() {
			const { chunk, i } = this;
			this.prevI = i;
			this.i = i + 1;
			if (i >= chunk.length) return EOC;
			const code = chunk.charCodeAt(i);
			this.column++;
			if (code < 55296) {
				if (code > 31 && code < 127 || code > 159 && code !== LS || code === TAB) return code;
				switch (code) {
					case NL:
						this.line++;
						this.column = 0;
						this.positionAtNewLine = this.position;
						return NL;
					case CR: {
						const next = chunk.charCodeAt(i + 1);
						if (next === NL || next === NEL) this.i = i + 2;
					}
					case NEL:
					case LS:
						this.line++;
						this.column = 0;
						this.positionAtNewLine = this.position;
						return NL_LIKE;
					default:
						this.fail("disallowed character.");
						return code;
				}
			}
			if (code > 56319) {
				if (!(code >= 57344 && code <= 65533)) this.fail("disallowed character.");
				return code;
			}
			const final = 65536 + (code - 55296) * 1024 + (chunk.charCodeAt(i + 1) - 56320);
			this.i = i + 2;
			if (final > 1114111) this.fail("disallowed character.");
			return final;
		}
		/**
		* Like ``getCode`` but with the return value normalized so that ``NL`` is
		* returned for ``NL_LIKE``.
		*/
		getCodeNorm() {
			const c = this.getCode();
			return c === NL_LIKE ? NL : c;
		}
		unget() {
			this.i = this.prevI;
			this.column--;
		}
		/**
		* Capture characters into a buffer until encountering one of a set of
		* characters.
		*
		* @param chars An array of codepoints. Encountering a character in the array
		* ends the capture. (``chars`` may safely contain ``NL``.)
		*
		* @return The character code that made the capture end, or ``EOC`` if we hit
		* the end of the chunk. The return value cannot be NL_LIKE: NL is returned
		* instead.
		*/
		captureTo(chars) {
			let { i: start } = this;
			const { chunk } = this;
			while (true) {
				const c = this.getCode();
				const isNLLike = c === NL_LIKE;
				const final = isNLLike ? NL : c;
				if (final === EOC || chars.includes(final)) {
					this.text += chunk.slice(start, this.prevI);
					return final;
				}
				if (isNLLike) {
					this.text += `${chunk.slice(start, this.prevI)}\n`;
					start = this.i;
				}
			}
		}
		/**
		* Capture characters into a buffer until encountering a character.
		*
		* @param char The codepoint that ends the capture. **NOTE ``char`` MAY NOT
		* CONTAIN ``NL``.** Passing ``NL`` will result in buggy behavior.
		*
		* @return ``true`` if we ran into the character. Otherwise, we ran into the
		* end of the current chunk.
		*/
		captureToChar(char) {
			let { i: start } = this;
			const { chunk } = this;
			while (true) {
				let c = this.getCode();
				switch (c) {
					case NL_LIKE:
						this.text += `${chunk.slice(start, this.prevI)}\n`;
						start = this.i;
						c = NL;
						break;
					case EOC:
						this.text += chunk.slice(start);
						return false;
				}
				if (c === char) {
					this.text += chunk.slice(start, this.prevI);
					return true;
				}
			}
		}
		/**
		* Capture characters that satisfy ``isNameChar`` into the ``name`` field of
		* this parser.
		*
		* @return The character code that made the test fail, or ``EOC`` if we hit
		* the end of the chunk. The return value cannot be NL_LIKE: NL is returned
		* instead.
		*/
		captureNameChars() {
			const { chunk, i: start } = this;
			while (true) {
				const c = this.getCode();
				if (c === EOC) {
					this.name += chunk.slice(start);
					return EOC;
				}
				if (!isNameChar(c)) {
					this.name += chunk.slice(start, this.prevI);
					return c === NL_LIKE ? NL : c;
				}
			}
		}
		/**
		* Skip white spaces.
		*
		* @return The character that ended the skip, or ``EOC`` if we hit
		* the end of the chunk. The return value cannot be NL_LIKE: NL is returned
		* instead.
		*/
		skipSpaces() {
			while (true) {
				const c = this.getCodeNorm();
				if (c === EOC || !isS(c)) return c;
			}
		}
		setXMLVersion(version) {
			this.currentXMLVersion = version;
			if (version === "1.0") {
				this.isChar = isChar10;
				this.getCode = this.getCode10;
			} else {
				this.isChar = isChar11;
				this.getCode = this.getCode11;
			}
		}
		sBegin() {
			if (this.chunk.charCodeAt(0) === 65279) {
				this.i++;
				this.column++;
			}
			this.state = S_BEGIN_WHITESPACE;
		}
		sBeginWhitespace() {
			const iBefore = this.i;
			const c = this.skipSpaces();
			if (this.prevI !== iBefore) this.xmlDeclPossible = false;
			switch (c) {
				case LESS:
					this.state = S_OPEN_WAKA;
					if (this.text.length !== 0) throw new Error("no-empty text at start");
					break;
				case EOC: break;
				default:
					this.unget();
					this.state = S_TEXT;
					this.xmlDeclPossible = false;
			}
		}
		sDoctype() {
			var _a;
			const c = this.captureTo(DOCTYPE_TERMINATOR);
			switch (c) {
				case GREATER:
					(_a = this.doctypeHandler) === null || _a === void 0 || _a.call(this, this.text);
					this.text = "";
					this.state = S_TEXT;
					this.doctype = true;
					break;
				case EOC: break;
				default:
					this.text += String.fromCodePoint(c);
					if (c === OPEN_BRACKET) this.state = S_DTD;
					else if (isQuote(c)) {
						this.state = S_DOCTYPE_QUOTE;
						this.q = c;
					}
			}
		}
		sDoctypeQuote() {
			const q = this.q;
			if (this.captureToChar(q)) {
				this.text += String.fromCodePoint(q);
				this.q = null;
				this.state = S_DOCTYPE;
			}
		}
		sDTD() {
			const c = this.captureTo(DTD_TERMINATOR);
			if (c === EOC) return;
			this.text += String.fromCodePoint(c);
			if (c === CLOSE_BRACKET) this.state = S_DOCTYPE;
			else if (c === LESS) this.state = S_DTD_OPEN_WAKA;
			else if (isQuote(c)) {
				this.state = S_DTD_QUOTED;
				this.q = c;
			}
		}
		sDTDQuoted() {
			const q = this.q;
			if (this.captureToChar(q)) {
				this.text += String.fromCodePoint(q);
				this.state = S_DTD;
				this.q = null;
			}
		}
		sDTDOpenWaka() {
			const c = this.getCodeNorm();
			this.text += String.fromCodePoint(c);
			switch (c) {
				case BANG:
					this.state = S_DTD_OPEN_WAKA_BANG;
					this.openWakaBang = "";
					break;
				case QUESTION:
					this.state = S_DTD_PI;
					break;
				default: this.state = S_DTD;
			}
		}
		sDTDOpenWakaBang() {
			const char = String.fromCodePoint(this.getCodeNorm());
			const owb = this.openWakaBang += char;
			this.text += char;
			if (owb !== "-") {
				this.state = owb === "--" ? S_DTD_COMMENT : S_DTD;
				this.openWakaBang = "";
			}
		}
		sDTDComment() {
			if (this.captureToChar(MINUS)) {
				this.text += "-";
				this.state = S_DTD_COMMENT_ENDING;
			}
		}
		sDTDCommentEnding() {
			const c = this.getCodeNorm();
			this.text += String.fromCodePoint(c);
			this.state = c === MINUS ? S_DTD_COMMENT_ENDED : S_DTD_COMMENT;
		}
		sDTDCommentEnded() {
			const c = this.getCodeNorm();
			this.text += String.fromCodePoint(c);
			if (c === GREATER) this.state = S_DTD;
			else {
				this.fail("malformed comment.");
				this.state = S_DTD_COMMENT;
			}
		}
		sDTDPI() {
			if (this.captureToChar(QUESTION)) {
				this.text += "?";
				this.state = S_DTD_PI_ENDING;
			}
		}
		sDTDPIEnding() {
			const c = this.getCodeNorm();
			this.text += String.fromCodePoint(c);
			if (c === GREATER) this.state = S_DTD;
		}
		sText() {
			if (this.tags.length !== 0) this.handleTextInRoot();
			else this.handleTextOutsideRoot();
		}
		sEntity() {
			let { i: start } = this;
			const { chunk } = this;
			loop: while (true) switch (this.getCode()) {
				case NL_LIKE:
					this.entity += `${chunk.slice(start, this.prevI)}\n`;
					start = this.i;
					break;
				case SEMICOLON: {
					const { entityReturnState } = this;
					const entity = this.entity + chunk.slice(start, this.prevI);
					this.state = entityReturnState;
					let parsed;
					if (entity === "") {
						this.fail("empty entity name.");
						parsed = "&;";
					} else {
						parsed = this.parseEntity(entity);
						this.entity = "";
					}
					if (entityReturnState !== S_TEXT || this.textHandler !== void 0) this.text += parsed;
					break loop;
				}
				case EOC:
					this.entity += chunk.slice(start);
					break loop;
			}
		}
		sOpenWaka() {
			const c = this.getCode();
			if (isNameStartChar(c)) {
				this.state = S_OPEN_TAG;
				this.unget();
				this.xmlDeclPossible = false;
			} else switch (c) {
				case FORWARD_SLASH:
					this.state = S_CLOSE_TAG;
					this.xmlDeclPossible = false;
					break;
				case BANG:
					this.state = S_OPEN_WAKA_BANG;
					this.openWakaBang = "";
					this.xmlDeclPossible = false;
					break;
				case QUESTION:
					this.state = S_PI_FIRST_CHAR;
					break;
				default:
					this.fail("disallowed character in tag name");
					this.state = S_TEXT;
					this.xmlDeclPossible = false;
			}
		}
		sOpenWakaBang() {
			this.openWakaBang += String.fromCodePoint(this.getCodeNorm());
			switch (this.openWakaBang) {
				case "[CDATA[":
					if (!this.sawRoot && !this.reportedTextBeforeRoot) {
						this.fail("text data outside of root node.");
						this.reportedTextBeforeRoot = true;
					}
					if (this.closedRoot && !this.reportedTextAfterRoot) {
						this.fail("text data outside of root node.");
						this.reportedTextAfterRoot = true;
					}
					this.state = S_CDATA;
					this.openWakaBang = "";
					break;
				case "--":
					this.state = S_COMMENT;
					this.openWakaBang = "";
					break;
				case "DOCTYPE":
					this.state = S_DOCTYPE;
					if (this.doctype || this.sawRoot) this.fail("inappropriately located doctype declaration.");
					this.openWakaBang = "";
					break;
				default: if (this.openWakaBang.length >= 7) this.fail("incorrect syntax.");
			}
		}
		sComment() {
			if (this.captureToChar(MINUS)) this.state = S_COMMENT_ENDING;
		}
		sCommentEnding() {
			var _a;
			const c = this.getCodeNorm();
			if (c === MINUS) {
				this.state = S_COMMENT_ENDED;
				(_a = this.commentHandler) === null || _a === void 0 || _a.call(this, this.text);
				this.text = "";
			} else {
				this.text += `-${String.fromCodePoint(c)}`;
				this.state = S_COMMENT;
			}
		}
		sCommentEnded() {
			const c = this.getCodeNorm();
			if (c !== GREATER) {
				this.fail("malformed comment.");
				this.text += `--${String.fromCodePoint(c)}`;
				this.state = S_COMMENT;
			} else this.state = S_TEXT;
		}
		sCData() {
			if (this.captureToChar(CLOSE_BRACKET)) this.state = S_CDATA_ENDING;
		}
		sCDataEnding() {
			const c = this.getCodeNorm();
			if (c === CLOSE_BRACKET) this.state = S_CDATA_ENDING_2;
			else {
				this.text += `]${String.fromCodePoint(c)}`;
				this.state = S_CDATA;
			}
		}
		sCDataEnding2() {
			var _a;
			const c = this.getCodeNorm();
			switch (c) {
				case GREATER:
					(_a = this.cdataHandler) === null || _a === void 0 || _a.call(this, this.text);
					this.text = "";
					this.state = S_TEXT;
					break;
				case CLOSE_BRACKET:
					this.text += "]";
					break;
				default:
					this.text += `]]${String.fromCodePoint(c)}`;
					this.state = S_CDATA;
			}
		}
		sPIFirstChar() {
			const c = this.getCodeNorm();
			if (this.nameStartCheck(c)) {
				this.piTarget += String.fromCodePoint(c);
				this.state = S_PI_REST;
			} else if (c === QUESTION || isS(c)) {
				this.fail("processing instruction without a target.");
				this.state = c === QUESTION ? S_PI_ENDING : S_PI_BODY;
			} else {
				this.fail("disallowed character in processing instruction name.");
				this.piTarget += String.fromCodePoint(c);
				this.state = S_PI_REST;
			}
		}
		sPIRest() {
			const { chunk, i: start } = this;
			while (true) {
				const c = this.getCodeNorm();
				if (c === EOC) {
					this.piTarget += chunk.slice(start);
					return;
				}
				if (!this.nameCheck(c)) {
					this.piTarget += chunk.slice(start, this.prevI);
					const isQuestion = c === QUESTION;
					if (isQuestion || isS(c)) {
						if (this.piTarget === "xml") {
							if (!this.xmlDeclPossible) this.fail("an XML declaration must be at the start of the document.");
							this.state = isQuestion ? S_XML_DECL_ENDING : S_XML_DECL_NAME_START;
						} else this.state = isQuestion ? S_PI_ENDING : S_PI_BODY;
					} else {
						this.fail("disallowed character in processing instruction name.");
						this.piTarget += String.fromCodePoint(c);
					}
					break;
				}
			}
		}
		sPIBody() {
			if (this.text.length === 0) {
				const c = this.getCodeNorm();
				if (c === QUESTION) this.state = S_PI_ENDING;
				else if (!isS(c)) this.text = String.fromCodePoint(c);
			} else if (this.captureToChar(QUESTION)) this.state = S_PI_ENDING;
		}
		sPIEnding() {
			var _a;
			const c = this.getCodeNorm();
			if (c === GREATER) {
				const { piTarget } = this;
				if (piTarget.toLowerCase() === "xml") this.fail("the XML declaration must appear at the start of the document.");
				(_a = this.piHandler) === null || _a === void 0 || _a.call(this, {
					target: piTarget,
					body: this.text
				});
				this.piTarget = this.text = "";
				this.state = S_TEXT;
			} else if (c === QUESTION) this.text += "?";
			else {
				this.text += `?${String.fromCodePoint(c)}`;
				this.state = S_PI_BODY;
			}
			this.xmlDeclPossible = false;
		}
		sXMLDeclNameStart() {
			const c = this.skipSpaces();
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				return;
			}
			if (c !== EOC) {
				this.state = S_XML_DECL_NAME;
				this.name = String.fromCodePoint(c);
			}
		}
		sXMLDeclName() {
			const c = this.captureTo(XML_DECL_NAME_TERMINATOR);
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				this.name += this.text;
				this.text = "";
				this.fail("XML declaration is incomplete.");
				return;
			}
			if (!(isS(c) || c === EQUAL)) return;
			this.name += this.text;
			this.text = "";
			if (!this.xmlDeclExpects.includes(this.name)) switch (this.name.length) {
				case 0:
					this.fail("did not expect any more name/value pairs.");
					break;
				case 1:
					this.fail(`expected the name ${this.xmlDeclExpects[0]}.`);
					break;
				default: this.fail(`expected one of ${this.xmlDeclExpects.join(", ")}`);
			}
			this.state = c === EQUAL ? S_XML_DECL_VALUE_START : S_XML_DECL_EQ;
		}
		sXMLDeclEq() {
			const c = this.getCodeNorm();
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				this.fail("XML declaration is incomplete.");
				return;
			}
			if (isS(c)) return;
			if (c !== EQUAL) this.fail("value required.");
			this.state = S_XML_DECL_VALUE_START;
		}
		sXMLDeclValueStart() {
			const c = this.getCodeNorm();
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				this.fail("XML declaration is incomplete.");
				return;
			}
			if (isS(c)) return;
			if (!isQuote(c)) {
				this.fail("value must be quoted.");
				this.q = SPACE;
			} else this.q = c;
			this.state = S_XML_DECL_VALUE;
		}
		sXMLDeclValue() {
			const c = this.captureTo([this.q, QUESTION]);
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				this.text = "";
				this.fail("XML declaration is incomplete.");
				return;
			}
			if (c === EOC) return;
			const value = this.text;
			this.text = "";
			switch (this.name) {
				case "version": {
					this.xmlDeclExpects = ["encoding", "standalone"];
					const version = value;
					this.xmlDecl.version = version;
					if (!/^1\.[0-9]+$/.test(version)) this.fail("version number must match /^1\\.[0-9]+$/.");
					else if (!this.opt.forceXMLVersion) this.setXMLVersion(version);
					break;
				}
				case "encoding":
					if (!/^[A-Za-z][A-Za-z0-9._-]*$/.test(value)) this.fail("encoding value must match /^[A-Za-z0-9][A-Za-z0-9._-]*$/.");
					this.xmlDeclExpects = ["standalone"];
					this.xmlDecl.encoding = value;
					break;
				case "standalone":
					if (value !== "yes" && value !== "no") this.fail("standalone value must match \"yes\" or \"no\".");
					this.xmlDeclExpects = [];
					this.xmlDecl.standalone = value;
			}
			this.name = "";
			this.state = S_XML_DECL_SEPARATOR;
		}
		sXMLDeclSeparator() {
			const c = this.getCodeNorm();
			if (c === QUESTION) {
				this.state = S_XML_DECL_ENDING;
				return;
			}
			if (!isS(c)) {
				this.fail("whitespace required.");
				this.unget();
			}
			this.state = S_XML_DECL_NAME_START;
		}
		sXMLDeclEnding() {
			var _a;
			if (this.getCodeNorm() === GREATER) {
				if (this.piTarget !== "xml") this.fail("processing instructions are not allowed before root.");
				else if (this.name !== "version" && this.xmlDeclExpects.includes("version")) this.fail("XML declaration must contain a version.");
				(_a = this.xmldeclHandler) === null || _a === void 0 || _a.call(this, this.xmlDecl);
				this.name = "";
				this.piTarget = this.text = "";
				this.state = S_TEXT;
			} else this.fail("The character ? is disallowed anywhere in XML declarations.");
			this.xmlDeclPossible = false;
		}
		sOpenTag() {
			var _a;
			const c = this.captureNameChars();
			if (c === EOC) return;
			const tag = this.tag = {
				name: this.name,
				attributes: Object.create(null)
			};
			this.name = "";
			if (this.xmlnsOpt) this.topNS = tag.ns = Object.create(null);
			(_a = this.openTagStartHandler) === null || _a === void 0 || _a.call(this, tag);
			this.sawRoot = true;
			if (!this.fragmentOpt && this.closedRoot) this.fail("documents may contain only one root.");
			switch (c) {
				case GREATER:
					this.openTag();
					break;
				case FORWARD_SLASH:
					this.state = S_OPEN_TAG_SLASH;
					break;
				default:
					if (!isS(c)) this.fail("disallowed character in tag name.");
					this.state = S_ATTRIB;
			}
		}
		sOpenTagSlash() {
			if (this.getCode() === GREATER) this.openSelfClosingTag();
			else {
				this.fail("forward-slash in opening tag not followed by >.");
				this.state = S_ATTRIB;
			}
		}
		sAttrib() {
			const c = this.skipSpaces();
			if (c === EOC) return;
			if (isNameStartChar(c)) {
				this.unget();
				this.state = S_ATTRIB_NAME;
			} else if (c === GREATER) this.openTag();
			else if (c === FORWARD_SLASH) this.state = S_OPEN_TAG_SLASH;
			else this.fail("disallowed character in attribute name.");
		}
		sAttribName() {
			const c = this.captureNameChars();
			if (c === EQUAL) this.state = S_ATTRIB_VALUE;
			else if (isS(c)) this.state = S_ATTRIB_NAME_SAW_WHITE;
			else if (c === GREATER) {
				this.fail("attribute without value.");
				this.pushAttrib(this.name, this.name);
				this.name = this.text = "";
				this.openTag();
			} else if (c !== EOC) this.fail("disallowed character in attribute name.");
		}
		sAttribNameSawWhite() {
			const c = this.skipSpaces();
			switch (c) {
				case EOC: return;
				case EQUAL:
					this.state = S_ATTRIB_VALUE;
					break;
				default:
					this.fail("attribute without value.");
					this.text = "";
					this.name = "";
					if (c === GREATER) this.openTag();
					else if (isNameStartChar(c)) {
						this.unget();
						this.state = S_ATTRIB_NAME;
					} else {
						this.fail("disallowed character in attribute name.");
						this.state = S_ATTRIB;
					}
			}
		}
		sAttribValue() {
			const c = this.getCodeNorm();
			if (isQuote(c)) {
				this.q = c;
				this.state = S_ATTRIB_VALUE_QUOTED;
			} else if (!isS(c)) {
				this.fail("unquoted attribute value.");
				this.state = S_ATTRIB_VALUE_UNQUOTED;
				this.unget();
			}
		}
		sAttribValueQuoted() {
			const { q, chunk } = this;
			let { i: start } = this;
			while (true) switch (this.getCode()) {
				case q:
					this.pushAttrib(this.name, this.text + chunk.slice(start, this.prevI));
					this.name = this.text = "";
					this.q = null;
					this.state = S_ATTRIB_VALUE_CLOSED;
					return;
				case AMP:
					this.text += chunk.slice(start, this.prevI);
					this.state = S_ENTITY;
					this.entityReturnState = S_ATTRIB_VALUE_QUOTED;
					return;
				case NL:
				case NL_LIKE:
				case TAB:
					this.text += `${chunk.slice(start, this.prevI)} `;
					start = this.i;
					break;
				case LESS:
					this.text += chunk.slice(start, this.prevI);
					this.fail("disallowed character.");
					return;
				case EOC:
					this.text += chunk.slice(start);
					return;
			}
		}
		sAttribValueClosed() {
			const c = this.getCodeNorm();
			if (isS(c)) this.state = S_ATTRIB;
			else if (c === GREATER) this.openTag();
			else if (c === FORWARD_SLASH) this.state = S_OPEN_TAG_SLASH;
			else if (isNameStartChar(c)) {
				this.fail("no whitespace between attributes.");
				this.unget();
				this.state = S_ATTRIB_NAME;
			} else this.fail("disallowed character in attribute name.");
		}
		sAttribValueUnquoted() {
			const c = this.captureTo(ATTRIB_VALUE_UNQUOTED_TERMINATOR);
			switch (c) {
				case AMP:
					this.state = S_ENTITY;
					this.entityReturnState = S_ATTRIB_VALUE_UNQUOTED;
					break;
				case LESS:
					this.fail("disallowed character.");
					break;
				case EOC: break;
				default:
					if (this.text.includes("]]>")) this.fail("the string \"]]>\" is disallowed in char data.");
					this.pushAttrib(this.name, this.text);
					this.name = this.text = "";
					if (c === GREATER) this.openTag();
					else this.state = S_ATTRIB;
			}
		}
		sCloseTag() {
			const c = this.captureNameChars();
			if (c === GREATER) this.closeTag();
			else if (isS(c)) this.state = S_CLOSE_TAG_SAW_WHITE;
			else if (c !== EOC) this.fail("disallowed character in closing tag.");
		}
		sCloseTagSawWhite() {
			switch (this.skipSpaces()) {
				case GREATER:
					this.closeTag();
					break;
				case EOC: break;
				default: this.fail("disallowed character in closing tag.");
			}
		}
		handleTextInRoot() {
			let { i: start, forbiddenState } = this;
			const { chunk, textHandler: handler } = this;
			scanLoop: while (true) switch (this.getCode()) {
				case LESS:
					this.state = S_OPEN_WAKA;
					if (handler !== void 0) {
						const { text } = this;
						const slice = chunk.slice(start, this.prevI);
						if (text.length !== 0) {
							handler(text + slice);
							this.text = "";
						} else if (slice.length !== 0) handler(slice);
					}
					forbiddenState = FORBIDDEN_START;
					break scanLoop;
				case AMP:
					this.state = S_ENTITY;
					this.entityReturnState = S_TEXT;
					if (handler !== void 0) this.text += chunk.slice(start, this.prevI);
					forbiddenState = FORBIDDEN_START;
					break scanLoop;
				case CLOSE_BRACKET:
					switch (forbiddenState) {
						case FORBIDDEN_START:
							forbiddenState = FORBIDDEN_BRACKET;
							break;
						case FORBIDDEN_BRACKET:
							forbiddenState = FORBIDDEN_BRACKET_BRACKET;
							break;
						case FORBIDDEN_BRACKET_BRACKET: break;
						default: throw new Error("impossible state");
					}
					break;
				case GREATER:
					if (forbiddenState === FORBIDDEN_BRACKET_BRACKET) this.fail("the string \"]]>\" is disallowed in char data.");
					forbiddenState = FORBIDDEN_START;
					break;
				case NL_LIKE:
					if (handler !== void 0) this.text += `${chunk.slice(start, this.prevI)}\n`;
					start = this.i;
					forbiddenState = FORBIDDEN_START;
					break;
				case EOC:
					if (handler !== void 0) this.text += chunk.slice(start);
					break scanLoop;
				default: forbiddenState = FORBIDDEN_START;
			}
			this.forbiddenState = forbiddenState;
		}
		handleTextOutsideRoot() {
			let { i: start } = this;
			const { chunk, textHandler: handler } = this;
			let nonSpace = false;
			outRootLoop: while (true) {
				const code = this.getCode();
				switch (code) {
					case LESS:
						this.state = S_OPEN_WAKA;
						if (handler !== void 0) {
							const { text } = this;
							const slice = chunk.slice(start, this.prevI);
							if (text.length !== 0) {
								handler(text + slice);
								this.text = "";
							} else if (slice.length !== 0) handler(slice);
						}
						break outRootLoop;
					case AMP:
						this.state = S_ENTITY;
						this.entityReturnState = S_TEXT;
						if (handler !== void 0) this.text += chunk.slice(start, this.prevI);
						nonSpace = true;
						break outRootLoop;
					case NL_LIKE:
						if (handler !== void 0) this.text += `${chunk.slice(start, this.prevI)}\n`;
						start = this.i;
						break;
					case EOC:
						if (handler !== void 0) this.text += chunk.slice(start);
						break outRootLoop;
					default: if (!isS(code)) nonSpace = true;
				}
			}
			if (!nonSpace) return;
			if (!this.sawRoot && !this.reportedTextBeforeRoot) {
				this.fail("text data outside of root node.");
				this.reportedTextBeforeRoot = true;
			}
			if (this.closedRoot && !this.reportedTextAfterRoot) {
				this.fail("text data outside of root node.");
				this.reportedTextAfterRoot = true;
			}
		}
		pushAttribNS(name, value) {
			var _a;
			const { prefix, local } = this.qname(name);
			const attr = {
				name,
				prefix,
				local,
				value
			};
			this.attribList.push(attr);
			(_a = this.attributeHandler) === null || _a === void 0 || _a.call(this, attr);
			if (prefix === "xmlns") {
				const trimmed = value.trim();
				if (this.currentXMLVersion === "1.0" && trimmed === "") this.fail("invalid attempt to undefine prefix in XML 1.0");
				this.topNS[local] = trimmed;
				nsPairCheck(this, local, trimmed);
			} else if (name === "xmlns") {
				const trimmed = value.trim();
				this.topNS[""] = trimmed;
				nsPairCheck(this, "", trimmed);
			}
		}
		pushAttribPlain(name, value) {
			var _a;
			const attr = {
				name,
				value
			};
			this.attribList.push(attr);
			(_a = this.attributeHandler) === null || _a === void 0 || _a.call(this, attr);
		}
		/**
		* End parsing. This performs final well-formedness checks and resets the
		* parser to a clean state.
		*
		* @returns this
		*/
		end() {
			var _a, _b;
			if (!this.sawRoot) this.fail("document must contain a root element.");
			const { tags } = this;
			while (tags.length > 0) {
				const tag = tags.pop();
				this.fail(`unclosed tag: ${tag.name}`);
			}
			if (this.state !== S_BEGIN && this.state !== S_TEXT) this.fail("unexpected end.");
			const { text } = this;
			if (text.length !== 0) {
				(_a = this.textHandler) === null || _a === void 0 || _a.call(this, text);
				this.text = "";
			}
			this._closed = true;
			(_b = this.endHandler) === null || _b === void 0 || _b.call(this);
			this._init();
			return this;
		}
		/**
		* Resolve a namespace prefix.
		*
		* @param prefix The prefix to resolve.
		*
		* @returns The namespace URI or ``undefined`` if the prefix is not defined.
		*/
		resolve(prefix) {
			var _a, _b;
			let uri = this.topNS[prefix];
			if (uri !== void 0) return uri;
			const { tags } = this;
			for (let index = tags.length - 1; index >= 0; index--) {
				uri = tags[index].ns[prefix];
				if (uri !== void 0) return uri;
			}
			uri = this.ns[prefix];
			if (uri !== void 0) return uri;
			return (_b = (_a = this.opt).resolvePrefix) === null || _b === void 0 ? void 0 : _b.call(_a, prefix);
		}
		/**
		* Parse a qname into its prefix and local name parts.
		*
		* @param name The name to parse
		*
		* @returns
		*/
		qname(name) {
			const colon = name.indexOf(":");
			if (colon === -1) return {
				prefix: "",
				local: name
			};
			const local = name.slice(colon + 1);
			const prefix = name.slice(0, colon);
			if (prefix === "" || local === "" || local.includes(":")) this.fail(`malformed name: ${name}.`);
			return {
				prefix,
				local
			};
		}
		processAttribsNS() {
			var _a;
			const { attribList } = this;
			const tag = this.tag;
			{
				const { prefix, local } = this.qname(tag.name);
				tag.prefix = prefix;
				tag.local = local;
				const uri = tag.uri = (_a = this.resolve(prefix)) !== null && _a !== void 0 ? _a : "";
				if (prefix !== "") {
					if (prefix === "xmlns") this.fail("tags may not have \"xmlns\" as prefix.");
					if (uri === "") {
						this.fail(`unbound namespace prefix: ${JSON.stringify(prefix)}.`);
						tag.uri = prefix;
					}
				}
			}
			if (attribList.length === 0) return;
			const { attributes } = tag;
			const seen = /* @__PURE__ */ new Set();
			for (const attr of attribList) {
				const { name, prefix, local } = attr;
				let uri;
				let eqname;
				if (prefix === "") {
					uri = name === "xmlns" ? XMLNS_NAMESPACE : "";
					eqname = name;
				} else {
					uri = this.resolve(prefix);
					if (uri === void 0) {
						this.fail(`unbound namespace prefix: ${JSON.stringify(prefix)}.`);
						uri = prefix;
					}
					eqname = `{${uri}}${local}`;
				}
				if (seen.has(eqname)) this.fail(`duplicate attribute: ${eqname}.`);
				seen.add(eqname);
				attr.uri = uri;
				attributes[name] = attr;
			}
			this.attribList = [];
		}
		processAttribsPlain() {
			const { attribList } = this;
			const attributes = this.tag.attributes;
			for (const { name, value } of attribList) {
				if (attributes[name] !== void 0) this.fail(`duplicate attribute: ${name}.`);
				attributes[name] = value;
			}
			this.attribList = [];
		}
		/**
		* Handle a complete open tag. This parser code calls this once it has seen
		* the whole tag. This method checks for well-formeness and then emits
		* ``onopentag``.
		*/
		openTag() {
			var _a;
			this.processAttribs();
			const { tags } = this;
			const tag = this.tag;
			tag.isSelfClosing = false;
			(_a = this.openTagHandler) === null || _a === void 0 || _a.call(this, tag);
			tags.push(tag);
			this.state = S_TEXT;
			this.name = "";
		}
		/**
		* Handle a complete self-closing tag. This parser code calls this once it has
		* seen the whole tag. This method checks for well-formeness and then emits
		* ``onopentag`` and ``onclosetag``.
		*/
		openSelfClosingTag() {
			var _a, _b, _c;
			this.processAttribs();
			const { tags } = this;
			const tag = this.tag;
			tag.isSelfClosing = true;
			(_a = this.openTagHandler) === null || _a === void 0 || _a.call(this, tag);
			(_b = this.closeTagHandler) === null || _b === void 0 || _b.call(this, tag);
			if ((this.tag = (_c = tags[tags.length - 1]) !== null && _c !== void 0 ? _c : null) === null) this.closedRoot = true;
			this.state = S_TEXT;
			this.name = "";
		}
		/**
		* Handle a complete close tag. This parser code calls this once it has seen
		* the whole tag. This method checks for well-formeness and then emits
		* ``onclosetag``.
		*/
		closeTag() {
			const { tags, name } = this;
			this.state = S_TEXT;
			this.name = "";
			if (name === "") {
				this.fail("weird empty close tag.");
				this.text += "</>";
				return;
			}
			const handler = this.closeTagHandler;
			let l = tags.length;
			while (l-- > 0) {
				const tag = this.tag = tags.pop();
				this.topNS = tag.ns;
				handler === null || handler === void 0 || handler(tag);
				if (tag.name === name) break;
				this.fail("unexpected close tag.");
			}
			if (l === 0) this.closedRoot = true;
			else if (l < 0) {
				this.fail(`unmatched closing tag: ${name}.`);
				this.text += `</${name}>`;
			}
		}
		/**
		* Resolves an entity. Makes any necessary well-formedness checks.
		*
		* @param entity The entity to resolve.
		*
		* @returns The parsed entity.
		*/
		parseEntity(entity) {
			if (entity[0] !== "#") {
				const defined = this.ENTITIES[entity];
				if (defined !== void 0) return defined;
				this.fail(this.isName(entity) ? "undefined entity." : "disallowed character in entity name.");
				return `&${entity};`;
			}
			let num = NaN;
			if (entity[1] === "x" && /^#x[0-9a-f]+$/i.test(entity)) num = parseInt(entity.slice(2), 16);
			else if (/^#[0-9]+$/.test(entity)) num = parseInt(entity.slice(1), 10);
			if (!this.isChar(num)) {
				this.fail("malformed character entity.");
				return `&${entity};`;
			}
			return String.fromCodePoint(num);
		}
	};
	exports.SaxesParser = SaxesParser;
})))();
/** Text that an entity may grow to: far more than a description needs, far less than a machine has. */
const LARGEST_EXPANSION = 1e6;
/** And all entities of a declaration together. */
const LARGEST_TOTAL = 1e7;
const PREDEFINED = /* @__PURE__ */ new Map([
	["lt", "<"],
	["gt", ">"],
	["amp", "&"],
	["quot", "\""],
	["apos", "'"]
]);
/** A reference to a general entity (XML 1.0 section 4.1), not to a character. */
const REFERENCE = /&([^#;&\s][^;&\s]*);/g;
const DECLARATION = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!ENTITY\s+(?<parameter>%\s+)?(?<name>[^\s%"']+)\s+(?:(?<external>SYSTEM|PUBLIC)\b|"(?<double>[^"]*)"|'(?<single>[^']*)')[^>]*>|(?<reference>%[^\s;]+;)/g;
/** An entity declaration that we cannot follow; `offset` is counted from the start of the document type declaration. */
var EntityProblem = class extends Error {
	offset;
	constructor(text, offset) {
		super(text);
		this.offset = offset;
	}
};
/**
* The internal general entities of a document type declaration that stand for text, with that text (XML 1.0 section 4).
*
* @param doctype what stands between `<!DOCTYPE` and its `>`
* @throws EntityProblem for external and parameter entities, for entities that hold a `<` as a character reference, that
*   hold themselves, that use an unknown one, or that grow beyond one million characters, or ten all together
*/
function internalEntities(doctype) {
	const declared = declarations(doctype);
	const holders = elementHolders(declared);
	return writtenOut([...declared.keys()].filter((name) => !holders.has(name)), declared, (name, { value, offset }) => pieces(value, /&([^;]*);/g, (reference) => {
		if (reference.startsWith("#")) return characterOf(reference, name, offset);
		const predefined = PREDEFINED.get(reference);
		if (predefined !== void 0) return predefined;
		if (declared.has(reference)) return { entity: reference };
		throw new EntityProblem(`the entity ${reference} is used but not declared`, offset);
	}));
}
/**
* The internal general entities that hold elements, with what is to stand in the place of each: on one line, and without
* other entities of this kind.
*
* @throws EntityProblem as `internalEntities` does
*/
function elementEntities(doctype) {
	const declared = declarations(doctype);
	const holders = elementHolders(declared);
	return writtenOut([...holders], declared, (_, { value }) => pieces(value.replace(/\r\n|\r|\n/g, " "), REFERENCE, (reference, written) => holders.has(reference) ? { entity: reference } : written));
}
function declarations(doctype) {
	const declared = /* @__PURE__ */ new Map();
	for (const match of doctype.matchAll(DECLARATION)) {
		const { parameter, name, external, double, single, reference } = match.groups ?? {};
		if (parameter !== void 0 || reference !== void 0) throw new EntityProblem("parameter entities (%name;) are not supported: write their text out", match.index);
		if (name === void 0) continue;
		if (external !== void 0) throw new EntityProblem(`the entity ${name} stands for another file, which is not read: write its text here, or use <include>`, match.index);
		const value = double ?? single ?? "";
		if (/&#(?:0*60|x0*3c);/i.test(value)) throw new EntityProblem(`the entity ${name} holds < as a character reference: write < itself`, match.index);
		if (!declared.has(name)) declared.set(name, {
			value,
			offset: match.index
		});
	}
	return declared;
}
/** The entities with an element in their text or in that of one they use. */
function elementHolders(declared) {
	const users = /* @__PURE__ */ new Map();
	const holders = /* @__PURE__ */ new Set();
	for (const [name, { value }] of declared) {
		if (value.includes("<")) holders.add(name);
		for (const [, used = ""] of value.matchAll(REFERENCE)) {
			const others = users.get(used);
			if (others === void 0) users.set(used, [name]);
			else others.push(name);
		}
	}
	for (const holder of holders) for (const user of users.get(holder) ?? []) holders.add(user);
	return holders;
}
function pieces(value, reference, pieceOf) {
	const found = [];
	let end = 0;
	for (const match of value.matchAll(reference)) {
		found.push(value.slice(end, match.index), pieceOf(match[1] ?? "", match[0]));
		end = match.index + match[0].length;
	}
	return [...found, value.slice(end)];
}
/** The whole text of each; how long they get is known before the first is put together. */
function writtenOut(names, declared, piecesOf) {
	const known = /* @__PURE__ */ new Map();
	for (const name of names) known.set(name, piecesOf(name, declaration(name, declared)));
	const order = innermostFirst(known, declared);
	const lengths = /* @__PURE__ */ new Map();
	let total = 0;
	for (const name of order) {
		const length = (known.get(name) ?? []).reduce((sum, piece) => sum + lengthOf(piece, lengths), 0);
		total += length;
		if (length > LARGEST_EXPANSION || total > LARGEST_TOTAL) throw new EntityProblem(`the entity ${name} grows beyond all measure`, declaration(name, declared).offset);
		lengths.set(name, length);
	}
	const texts = /* @__PURE__ */ new Map();
	for (const name of order) {
		const parts = (known.get(name) ?? []).map((piece) => typeof piece === "string" ? piece : texts.get(piece.entity));
		texts.set(name, parts.join(""));
	}
	return texts;
}
function lengthOf(piece, lengths) {
	return typeof piece === "string" ? piece.length : lengths.get(piece.entity) ?? 0;
}
/** The names, each behind those of its pieces. */
function innermostFirst(known, declared) {
	const order = /* @__PURE__ */ new Set();
	const open = /* @__PURE__ */ new Set();
	const waiting = [...known.keys()].reverse();
	for (let name = waiting.at(-1); name !== void 0; name = waiting.at(-1)) {
		if (open.delete(name)) order.add(name);
		if (order.has(name)) {
			waiting.pop();
			continue;
		}
		open.add(name);
		for (const piece of known.get(name) ?? []) {
			if (typeof piece === "string" || order.has(piece.entity)) continue;
			const { entity } = piece;
			if (open.has(entity)) throw new EntityProblem(`the entity ${entity} holds itself`, declaration(entity, declared).offset);
			waiting.push(entity);
		}
	}
	return order;
}
function declaration(name, declared) {
	const found = declared.get(name);
	if (found === void 0) throw new Error(`the entity ${name} is not declared`);
	return found;
}
function characterOf(reference, name, offset) {
	const code = /^#x[0-9a-f]+$/i.test(reference) ? Number.parseInt(reference.slice(2), 16) : Number(reference.slice(1));
	if (!Number.isInteger(code) || code <= 0 || code > 1114111) throw new EntityProblem(`&${reference}; in the entity ${name} is no character`, offset);
	return String.fromCodePoint(code);
}
// src/description/inline.ts
/** What all of them may add to a file: far more than a description needs. */
const LARGEST_TEXT = 1e7;
/** Where no entity is one: comments, CDATA, processing instructions and tags; an entity of elements is none of a value. */
const SKIPPED = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(?:"[^"]*"|'[^']*'|[^>"'])*>|&([^#;&\s<]+);/g;
/**
* The text of an XML document with the entities that hold elements written out where they are used, each on one line, so
* that what is in them can be read and changed, and all lines keep their numbers. Other entities stay.
*
* @param fail tells the problem of the declaration at an offset of the text
*/
function inlinedText(text, fail) {
	if (!text.includes("<!ENTITY")) return text;
	const { doctype, end } = doctypeOf(text);
	const start = text.lastIndexOf("<!DOCTYPE", end) + 9;
	const entities = readEntities(doctype, (problem) => fail(start + problem.offset, problem.message));
	if (entities.size === 0) return text;
	let added = 0;
	const content = text.slice(end).replace(SKIPPED, (written, name, offset) => {
		const elements = name === void 0 ? void 0 : entities.get(name);
		added += elements?.length ?? 0;
		if (added > LARGEST_TEXT) fail(end + offset, "the entities grow beyond all measure: write them out");
		return elements ?? written;
	});
	return text.slice(0, end) + content;
}
function readEntities(doctype, fail) {
	try {
		return elementEntities(doctype);
	} catch (error) {
		if (error instanceof EntityProblem) return fail(error);
		throw error;
	}
}
/** The document type declaration, and where it ends in the text. */
function doctypeOf(text) {
	const parser = new import_saxes.SaxesParser();
	let found = {
		doctype: "",
		end: 0
	};
	parser.on("error", () => {});
	parser.on("doctype", (doctype) => {
		found = {
			doctype,
			end: parser.position
		};
	});
	parser.write(text).close();
	return found;
}
// src/description/optional.ts
/** `{ [key]: value }`, or nothing where there is no value: for members that may be left out. */
function optional(key, value) {
	return value === void 0 ? {} : { [key]: value };
}
// src/description/xmlreason.ts
const REASONS = [
	[/^unclosed tag: (.*)$/, ([, name], open) => `<${name}>${ofLine(open)} is never closed: write </${name}>`],
	[/^unexpected close tag/, (_, open) => `this closing tag does not fit: ${expectedTag(open)}`],
	[/^unmatched closing tag: (.*)$/, ([, name = ""]) => `</${name.replace(/\.$/, "")}> closes nothing: remove it`],
	[/^undefined entity/, () => "this &name; is not declared: write & as &amp;"],
	[/^(?:disallowed character in|empty) entity name/, () => "write & as &amp;"],
	[/^malformed character entity/, () => "this &#number; is no character"],
	[/^duplicate attribute: (.*)\.$/, ([, name]) => `the attribute ${name} is written twice: remove one`],
	[/^attribute without value/, () => "this attribute has no value: write name=\"value\""],
	[/^unquoted attribute value/, () => "write the value of the attribute in quotes"],
	[/^no whitespace between attributes/, () => "write a space between the attributes"],
	[/^disallowed character in attribute name/, () => "an attribute is written name=\"value\""],
	[/^disallowed character in tag name/, () => "no element starts so: write < as &lt;"],
	[/^disallowed character/, () => "this character may not stand here (write < as &lt; and & as &amp;)"],
	[/^unbound namespace prefix: "(.*)"/, ([, prefix]) => `the prefix ${prefix}: is not declared: add xmlns:${prefix}="…"`],
	[/^documents may contain only one root/, () => "only one <image> may stand in the file"],
	[/^text data outside of root node/, () => "there is text outside of the outermost element: remove it"],
	[/^document must contain a root element/, () => "the file holds no element: write an <image> description"],
	[/^an XML declaration must be at the start/, () => "<?xml …?> must be the very first in the file"],
	[/^malformed comment/, () => "a comment may not hold --"]
];
/**
* Why a document is not well formed, in plain words.
*
* @param message of saxes: `line:column: reason`, @param open the elements that are not closed yet, outermost first
*/
function plainReason(message, open) {
	const reason = message.replace(/^(?:\d+:\d+: )/, "");
	for (const [pattern, words] of REASONS) {
		const match = pattern.exec(reason);
		if (match !== null) return `not well-formed XML: ${words(match, open)}`;
	}
	return `not well-formed XML: ${reason.replace(/\.$/, "")}`;
}
function ofLine(open) {
	const last = open.at(-1);
	return last === void 0 ? "" : ` of line ${last.line}`;
}
function expectedTag(open) {
	const last = open.at(-1);
	return last === void 0 ? "nothing is open" : `write </${last.name}> for the <${last.name}> of line ${last.line} first`;
}
// src/description/xml.ts
/** A description has about eight; saxes looks at all that are open for each element, and takes minutes for 100,000. */
const DEPTH_LIMIT$1 = 64;
/**
* The root element of an XML document. Comments and processing instructions are no part of the tree; who rewrites the
* text by the offsets here leaves them as they are.
*
* @throws DescriptionError with file and line where it is not well formed (XML 1.0, Namespaces in XML 1.0), or where it
*   declares an entity that stands for another file, or where elements are nested deeper than 64
*/
function xmlTree(source) {
	const lineAt = source.lineAt ?? lineCounter(source.text);
	const fail = (offset, text) => {
		throw new DescriptionError([descriptionProblem(source.file, lineAt(offset), text)]);
	};
	const parser = new import_saxes.SaxesParser({ xmlns: true });
	const open = [];
	let start = 0;
	let root;
	const addText = (text) => {
		const element = open.at(-1);
		if (element !== void 0) element.text += text;
	};
	let closed;
	parser.on("error", (error) => {
		const unclosed = error.message.includes("unexpected close tag") && closed !== void 0 ? [...open, closed] : open;
		const last = error.message.includes("unclosed tag") ? unclosed.at(-1) : void 0;
		const stray = last === void 0 ? void 0 : strayAmpersand(source.text, last.tagEnd);
		const reason = stray === void 0 ? error.message : "undefined entity";
		fail(stray ?? last?.start ?? Math.max(0, parser.position - 1), plainReason(reason, unclosed));
	});
	parser.on("doctype", (doctype) => declareEntities(parser, doctype, source.text, fail));
	parser.on("opentagstart", () => {
		start = source.text.lastIndexOf("<", parser.position - 1);
		if (open.length >= DEPTH_LIMIT$1) fail(start, `elements are nested deeper than ${DEPTH_LIMIT$1}: close some before`);
	});
	parser.on("opentag", (tag) => {
		open.push(openElement(tag, source, {
			start,
			end: parser.position
		}, lineAt));
	});
	parser.on("text", addText);
	parser.on("cdata", addText);
	parser.on("closetag", () => {
		closed = open.pop();
		if (closed === void 0) return;
		const element = {
			...closed,
			end: parser.position
		};
		const parent = open.at(-1);
		if (parent === void 0) root = element;
		else parent.children.push(element);
	});
	parser.write(source.text).close();
	return root ?? fail(0, "the file holds no element");
}
/** Offset of an `&` that starts no reference: it swallows all that follows, so that the end of the file comes too early. */
function strayAmpersand(text, from) {
	const scanner = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|&(?![\w#:.-]+;)/g;
	scanner.lastIndex = from;
	for (let match = scanner.exec(text); match !== null; match = scanner.exec(text)) if (match[0] === "&") return match.index;
}
function declareEntities(parser, doctype, text, fail) {
	const offset = text.lastIndexOf("<!DOCTYPE", parser.position) + 9;
	try {
		for (const [name, value] of internalEntities(doctype)) parser.ENTITIES[name] = value;
	} catch (error) {
		if (error instanceof EntityProblem) fail(offset + error.offset, error.message);
		throw error;
	}
}
function openElement(tag, source, span, lineAt) {
	const attributes = [];
	const scanner = /(\s+)([^\s=/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
	scanner.lastIndex = span.start + 1 + tag.name.length;
	for (let match = scanner.exec(source.text); match !== null; match = scanner.exec(source.text)) {
		const [, space = "", name = "", double, single] = match;
		const end = scanner.lastIndex;
		const valueStart = end - 1 - (double ?? single ?? "").length;
		const line = lineAt(match.index + space.length);
		const value = tag.attributes[name]?.value ?? "";
		attributes.push({
			name,
			value,
			line,
			start: match.index,
			end,
			valueStart,
			valueEnd: end - 1
		});
	}
	return {
		name: tag.name,
		attributes,
		children: [],
		text: "",
		file: source.file,
		line: lineAt(span.start),
		start: span.start,
		tagEnd: span.end
	};
}
/** Value of an attribute; undefined where the element has none of that name. */
function attributeValue(element, name) {
	return element.attributes.find((attribute) => attribute.name === name)?.value;
}
/** The children of that name, in order. */
function childrenNamed(element, name) {
	return element.children.filter((child) => child.name === name);
}
/** Whether an `xsd:boolean` attribute is set and true (XML Schema part 2: `true` or `1`). */
function isTrue(element, name) {
	return ["true", "1"].includes(attributeValue(element, name)?.trim() ?? "");
}
// src/description/type.ts
/** What KIWI takes the type for: `vmx` is an `oem` since schema 7.3 (kiwi/xsl/convert72to73.xsl of KIWI 9). */
function imageOf(type) {
	const image = attributeValue(type, "image") ?? "";
	return image === "vmx" ? "oem" : image;
}
/** Whether KIWI makes a disk of it (kiwi/builder/__init__.py). */
function isDiskType(type) {
	return imageOf(type) === "oem";
}
// src/description/edits.ts
/**
* The text with the spans replaced. All else stays as it is, character by character.
*
* @param edits in any order; they may not overlap
*/
function editedText(text, edits) {
	const ordered = [...edits].sort((one, other) => one.start - other.start || one.end - other.end);
	const parts = [];
	let done = 0;
	for (const edit of ordered) {
		if (edit.start < done) throw new Error(`edits overlap at ${edit.start}`);
		parts.push(text.slice(done, edit.start), edit.text);
		done = edit.end;
	}
	parts.push(text.slice(done));
	return parts.join("");
}
/** Removes a span and leaves its line ends, so that the lines below keep their numbers. */
function removal(text, span) {
	const lineEnds = text.slice(span.start, span.end).match(/\r\n|\r|\n/g) ?? [];
	return {
		start: span.start,
		end: span.end,
		text: lineEnds.join("")
	};
}
/** Text as it is written between two tags (XML 1.0 section 2.4). */
function escapedText(text) {
	return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\r/g, "&#13;");
}
/** A value as it is written between quotes of either kind: white space other than the space survives as a reference only. */
function escapedValue(value) {
	return escapedText(value).replace(/"/g, "&quot;").replace(/'/g, "&apos;").replace(/\t/g, "&#9;").replace(/\n/g, "&#10;");
}
// src/description/yamlvalue.ts
/** Aliases multiply what they stand for; no description comes near. */
const MOST_VALUES = 1e5;
/** Something that has no place in a description; `offset` counts characters of the file. */
var YamlProblem = class extends Error {
	offset;
	constructor(text, offset) {
		super(text);
		this.offset = offset;
	}
};
/**
* What a YAML document holds, with anchors, aliases and merge keys (`<<`) resolved.
*
* @param document parsed with the failsafe schema, without errors
* @throws YamlProblem for keys that are no text, for aliases that hold themselves and for those that grow too much
*/
function yamlValue(document) {
	return new Resolver(document).value(document.contents, 0, []);
}
var Resolver = class {
	#document;
	#count = 0;
	constructor(document) {
		this.#document = document;
	}
	value(node, fallback, within) {
		const offset = offsetOf(node) ?? fallback;
		this.#count += 1;
		if (this.#count > MOST_VALUES) throw new YamlProblem("the aliases grow beyond all measure", offset);
		if ((0, import_dist.isAlias)(node)) {
			const target = node.resolve(this.#document);
			if (target === void 0) throw new YamlProblem(`the anchor &${node.source} is not defined above`, offset);
			if (within.includes(target)) throw new YamlProblem(`the alias *${node.source} holds itself`, offset);
			return this.value(target, offset, within);
		}
		if ((0, import_dist.isMap)(node)) return {
			kind: "map",
			entries: this.#entries(node.items, offset, [...within, node]),
			offset
		};
		if ((0, import_dist.isSeq)(node)) return {
			kind: "list",
			items: node.items.map((item) => this.value(item, offset, [...within, node])),
			offset
		};
		if ((0, import_dist.isScalar)(node)) return scalarValue(node, offset);
		return {
			kind: "null",
			offset
		};
	}
	#entries(pairs, fallback, within) {
		const own = [];
		const merged = [];
		for (const pair of pairs) {
			const offset = offsetOf(pair.key) ?? fallback;
			const key = (0, import_dist.isAlias)(pair.key) ? pair.key.resolve(this.#document) : pair.key;
			if (!(0, import_dist.isScalar)(key) || typeof key.value !== "string" || key.value === "") throw new YamlProblem("a key of a description is text: write a name", offset);
			const value = this.value(pair.value, offset, within);
			if (key.value === "<<" && key.type === import_dist.Scalar.PLAIN) merged.push(...mergedEntries(value, offset));
			else own.push({
				key: key.value,
				value,
				offset
			});
		}
		const keys = new Set(own.map((entry) => entry.key));
		for (const entry of merged) {
			if (!keys.has(entry.key)) own.push(entry);
			keys.add(entry.key);
		}
		return own;
	}
};
function mergedEntries(value, offset) {
	if (value.kind === "map") return value.entries;
	if (value.kind === "list") return value.items.flatMap((item) => mergedEntries(item, offset));
	throw new YamlProblem("<< takes mappings: write <<: *anchor", offset);
}
function scalarValue(node, offset) {
	const text = String(node.value ?? "");
	if (node.type !== import_dist.Scalar.PLAIN && node.type !== void 0) return {
		kind: "text",
		text,
		offset
	};
	if (/^(~|null|Null|NULL|)$/.test(text)) return {
		kind: "null",
		offset
	};
	return {
		kind: "text",
		text: /^(True|TRUE|False|FALSE)$/.test(text) ? text.toLowerCase() : text,
		offset
	};
}
function offsetOf(node) {
	return (node?.range)?.[0];
}
// src/description/yaml.ts
/**
* The XML that the YAML form of a description stands for: `'@name'` is an attribute, `'#text'` the text, a list repeats
* its element. These are the rules of xmltodict, which KIWI's anymarkup plugin follows (kiwi/markup/any.py); unlike
* there a scalar keeps the text it was written with (version `1.10`), only `True` and `False` become lower case.
*
* @param text the YAML file, @param file its absolute path, for messages
* @throws DescriptionError with file and line, for all at once that is no YAML or has no place in XML
*/
function yamlAsXml(text, file) {
	const lines = new import_dist.LineCounter();
	const lineOf = (offset) => Math.max(1, lines.linePos(offset).line);
	const document = (0, import_dist.parseDocument)(text, {
		lineCounter: lines,
		schema: "failsafe",
		prettyErrors: false
	});
	const problems = [...document.errors, ...document.warnings].map((error) => {
		const reason = error.code === "MULTIPLE_DOCS" ? "several documents (---) in one file: write one" : error.message.split("\n")[0];
		return descriptionProblem(file, lineOf(error.pos[0]), `not valid YAML: ${reason}`);
	});
	if (problems.length > 0) throw new DescriptionError(problems);
	try {
		const xml = new XmlWriter(lineOf);
		xml.writeRoot(yamlValue(document));
		problems.push(...xml.refused.map(({ offset, message }) => descriptionProblem(file, lineOf(offset), message)));
		if (problems.length === 0) return xml.result();
	} catch (error) {
		if (!(error instanceof YamlProblem)) throw error;
		problems.push(descriptionProblem(file, lineOf(error.offset), error.message));
	}
	throw new DescriptionError(problems);
}
const XML_NAME = /^[\p{L}_][\p{L}\p{N}_.-]*(:[\p{L}_][\p{L}\p{N}_.-]*)?$/u;
const NO_XML_CHARACTER = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
var XmlWriter = class {
	refused = [];
	#lineOf;
	#offsets = [];
	#lines = [];
	#text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
	constructor(lineOf) {
		this.#lineOf = lineOf;
	}
	writeRoot(value) {
		const [entry, ...others] = value.kind === "map" ? value.entries : [];
		if (entry === void 0 || entry.key !== "image" || others.length > 0 || entry.value.kind !== "map") {
			const offset = others[0]?.offset ?? entry?.offset ?? value.offset;
			this.#refuse(offset, "a description has one outermost key, image:, and below it '@name', '@schemaversion' and so on");
			return;
		}
		this.#writeElement("image", entry.value, entry.offset, "");
	}
	result() {
		const [offsets, lines] = [this.#offsets, this.#lines];
		return {
			text: this.#text,
			lineAt: (offset) => lines[Math.max(0, lastAtOrBefore(offsets, offset))] ?? 1
		};
	}
	#writeElement(name, value, offset, indent) {
		if (!XML_NAME.test(name)) this.#refuse(offset, `${JSON.stringify(name)} is no element name`);
		else if (value.kind === "list") this.#writeList(name, value.items, indent);
		else {
			this.#write(`${indent}<`, value.kind === "null" ? offset : Math.min(offset, value.offset));
			this.#write(name);
			if (value.kind === "null") this.#write("/>\n");
			else if (value.kind === "text") this.#write(`>${this.#checked(value.text, offset)}</${name}>\n`);
			else this.#writeContent(name, value.entries, indent);
		}
	}
	#writeList(name, items, indent) {
		for (const item of items) if (item.kind !== "list") this.#writeElement(name, item, item.offset, indent);
		else this.#refuse(item.offset, `a list within the list of ${name} has no meaning: write one list`);
	}
	#writeContent(name, entries, indent) {
		for (const entry of entries) if (entry.key.startsWith("@")) this.#writeAttribute(entry);
		const children = entries.filter((entry) => !entry.key.startsWith("@") && entry.key !== "#text");
		const text = entries.find((entry) => entry.key === "#text");
		this.#write(children.length > 0 ? ">\n" : ">");
		for (const child of children) this.#writeElement(child.key, child.value, child.offset, `${indent}  `);
		if (text?.value.kind === "text") this.#write(this.#checked(text.value.text, text.offset), text.offset);
		else if (text !== void 0 && text.value.kind !== "null") this.#refuse(text.offset, "'#text' takes plain text");
		this.#write(`${children.length > 0 ? indent : ""}</${name}>\n`);
	}
	#writeAttribute({ key, value, offset }) {
		const name = key.slice(1);
		if (!XML_NAME.test(name)) this.#refuse(offset, `${JSON.stringify(name)} is no attribute name`);
		else if (value.kind !== "text") this.#refuse(offset, `the attribute ${key} has no plain value: write '${key}': value`);
		else {
			this.#write(` ${name}="`, offset);
			this.#write(`${this.#checkedValue(value.text, offset)}"`);
		}
	}
	#write(text, offset) {
		if (offset !== void 0) {
			this.#offsets.push(this.#text.length);
			this.#lines.push(this.#lineOf(offset));
		}
		this.#text += text;
	}
	#checked(text, offset) {
		if (NO_XML_CHARACTER.test(text)) this.#refuse(offset, "this text holds a control character, which XML cannot carry");
		return escapedText(text);
	}
	#checkedValue(text, offset) {
		if (NO_XML_CHARACTER.test(text)) this.#refuse(offset, "this value holds a control character, which XML cannot carry");
		return escapedValue(text);
	}
	#refuse(offset, text) {
		this.refused.push(new YamlProblem(text, offset));
	}
};
// src/description/read.ts
/**
* Reads a description with the files that it includes.
*
* @throws DescriptionError with file and line for all that is wrong in them: not well formed, an included file that is
*   missing, no `<image>` or `<preferences>`, no name, no schema version, a `<containerconfig>` that the schema refuses. What else it checks is left to KIWI.
*/
async function readDescription(found) {
	const main = await readDocument(found.file, true);
	const problems = [...rootProblems(main.root)];
	const includes = [];
	const documents = [main];
	for (const element of childrenNamed(main.root, "include")) {
		const file = await includedDocument(element, found.folder, documents, problems);
		if (file !== void 0) includes.push({
			element,
			file
		});
	}
	const sections = allSections(main.root, includes, documents);
	if (!sections.some((section) => section.name === "preferences")) problems.push(placed(main.root, "there is no <preferences> section: add one with a <type>"));
	const schemaVersion = attributeValue(main.root, "schemaversion") ?? "";
	const types = sections.filter(({ name }) => name === "preferences").flatMap((section) => childrenNamed(section, "type"));
	problems.push(...types.filter(isDiskType).flatMap((type) => containerProblems(type, schemaVersion)));
	if (problems.length > 0) throw new DescriptionError(problems);
	const named = (name) => sections.filter((section) => section.name === name);
	const author = authorOf(named("description")[0]);
	return {
		...found,
		documents,
		includes,
		name: attributeValue(main.root, "name") ?? "",
		...optional("displayName", attributeValue(main.root, "displayname")),
		schemaVersion,
		...optional("author", author),
		profiles: named("profiles").flatMap((section) => childrenNamed(section, "profile").map(profile)),
		preferences: named("preferences").map(preferences),
		repositories: named("repository").map(repository)
	};
}
async function readDocument(file, mayBeYaml) {
	const text = decodedText(await descriptionBytes(file), file);
	const source = mayBeYaml && /\.ya?ml$/i.test(file) ? {
		file,
		...yamlAsXml(text, file)
	} : {
		file,
		text: withElements(text, file)
	};
	return {
		file,
		text: source.text,
		root: xmlTree(source)
	};
}
function withElements(text, file) {
	return inlinedText(text, (offset, problem) => {
		throw new DescriptionError([descriptionProblem(file, lineCounter(text)(offset), problem)]);
	});
}
/** Reads the file of an `<include>` into `documents`, once; KIWI reads XML there and no YAML. */
async function includedDocument(include, folder, documents, problems) {
	const from = attributeValue(include, "from");
	if (from === void 0) {
		problems.push(placed(include, "this <include> names no file: write from=\"this://FILE\""));
		return;
	}
	const file = includedFile(from, folder);
	try {
		const known = documents.find((document) => document.file === file);
		const document = known ?? await readDocument(file, false);
		if (known === void 0) documents.push(document);
		if (document.root.name === "image") return file;
		problems.push(placed(document.root, "KIWI includes what stands in an <image> element: put one around it"));
	} catch (error) {
		if (error instanceof DescriptionError) problems.push(...error.problems);
		else if (isFileError(error)) problems.push(placed(include, `${file} cannot be read: name a file that exists`));
		else throw error;
	}
}
function isFileError(error) {
	return error instanceof Error && "syscall" in error;
}
/** KIWI puts the sections of an included file in the place of its `<include>` (kiwi/xsl/include.xsl). */
function allSections(root, includes, documents) {
	return root.children.flatMap((child) => {
		const file = includes.find((include) => include.element === child)?.file;
		const included = documents.find((document) => document.file === file);
		return included === void 0 ? [child] : included.root.children;
	});
}
function rootProblems(root) {
	if (root.name !== "image") return [placed(root, `<${root.name}> is no KIWI description: its outermost element is <image>`)];
	const problems = [];
	const name = attributeValue(root, "name");
	if (name === void 0) problems.push(placed(root, "<image> has no name: write name=\"NAME\""));
	else if (!/^[a-zA-Z0-9_\-.]+$/.test(name)) problems.push(placed(root, `the image name ${JSON.stringify(name)} may hold letters, digits, _, - and . only`));
	if (attributeValue(root, "schemaversion") === void 0) problems.push(placed(root, "<image> has no schemaversion: write the one of your KIWI, such as schemaversion=\"8.0\""));
	return problems;
}
function placed(element, text) {
	return descriptionProblem(element.file, element.line, text);
}
function authorOf(section) {
	if (section === void 0) return void 0;
	const [author, contact] = [textOf(section, "author"), textOf(section, "contact")];
	return author === void 0 ? void 0 : contact === void 0 ? author : `${author} <${contact}>`;
}
function textOf(element, name) {
	const text = childrenNamed(element, name)[0]?.text.trim();
	return text === "" ? void 0 : text;
}
function scope(element) {
	return {
		profiles: commaParts(attributeValue(element, "profiles")),
		architectures: commaParts(attributeValue(element, "arch"))
	};
}
function profile(element) {
	return {
		name: attributeValue(element, "name") ?? "",
		isDefault: isTrue(element, "import"),
		architectures: scope(element).architectures,
		requires: childrenNamed(element, "requires").map((required) => ({
			profile: attributeValue(required, "profile") ?? "",
			architectures: scope(required).architectures,
			element: required
		})),
		element
	};
}
function preferences(element) {
	const version = childrenNamed(element, "version")[0];
	const packageManager = textOf(element, "packagemanager");
	return {
		...scope(element),
		...version === void 0 || version.text.trim() === "" ? {} : { version },
		...packageManager === void 0 ? {} : { packageManager },
		types: childrenNamed(element, "type")
	};
}
function repository(element, index) {
	const source = childrenNamed(element, "source")[0];
	const uri = source === void 0 ? "" : attributeValue(source, "path") ?? "";
	return {
		...scope(element),
		index,
		uri,
		isPlaceholder: /^obsrepositories:/i.test(uri.trim()),
		attributes: attributesOf(element),
		file: element.file,
		line: element.line,
		element
	};
}
// src/description/copy.ts
/**
* Copies a folder: files with mode and time, links within it as links, links that leave it as what they point to. The
* source is only read.
*
* @param from an existing folder, @param into one that does not exist yet
* @returns a problem for each dangling link, each link that leads back to a folder around it, and each device, socket
*   or pipe; the copy then lacks these
*/
async function copyFolder(from, into, options) {
	const root = await realpath(from);
	const overlays = options.overlays.map((name) => join(root, name));
	const copier = new Copier({
		root,
		into
	}, await realPaths(overlays), await realPaths([...options.leftOut, into]));
	await copier.copyDirectory(root, into, {
		root,
		stack: [root],
		isOverlay: false
	}, await stat(root));
	return copier.problems;
}
async function realPaths(paths) {
	const found = await Promise.all(paths.map((path) => realpath(path).catch(() => void 0)));
	return new Set(found.filter((path) => path !== void 0));
}
var Copier = class {
	problems = [];
	#folders;
	#overlays;
	#leftOut;
	constructor(folders, overlays, leftOut) {
		this.#folders = folders;
		this.#overlays = overlays;
		this.#leftOut = leftOut;
	}
	async copyDirectory(source, target, tree, stats) {
		const isOverlay = tree.isOverlay || this.#overlays.has(source);
		const names = await readdir(source).catch((error) => this.#unreadable(target, error, []));
		await mkdir(target, { recursive: true });
		for (const name of names.sort()) {
			const path = join(source, name);
			if (!this.#leftOut.has(path)) await this.#copyEntry(path, join(target, name), {
				...tree,
				isOverlay
			});
		}
		await keepModeAndTime(target, stats);
	}
	async #copyEntry(source, target, tree) {
		const stats = await lstat(source);
		if (stats.isDirectory()) return this.copyDirectory(source, target, tree, stats);
		if (stats.isSymbolicLink()) return this.#copyLink(source, target, tree);
		await this.#copyFile(source, target, stats);
	}
	async #copyFile(source, target, stats) {
		if (!stats.isFile()) {
			this.#refuse(target, "is a device, a socket or a pipe, which cannot be built from: remove it");
			return;
		}
		if (await copyFile(source, target, constants.COPYFILE_FICLONE).then(() => true, (error) => this.#unreadable(target, error, false))) await keepModeAndTime(target, stats);
	}
	async #copyLink(source, target, tree) {
		const text = await readlink(source);
		if (tree.isOverlay) return symlink(text, target);
		const end = await realpath(source).catch(() => void 0);
		if (end === void 0) {
			this.#refuse(target, `is a symbolic link to ${text}, which does not exist: remove the link, or put there what it names`);
			return;
		}
		const first = resolve(dirname(source), text);
		const next = join(await realpath(dirname(first)), basename(first));
		if (isWithin(next, tree.root)) return symlink(keptLink(source, text, next, tree.root), target);
		const stats = await stat(end);
		if (!stats.isDirectory()) return this.#copyFile(end, target, stats);
		if (tree.stack.some((folder) => isWithin(folder, end))) {
			this.#refuse(target, `is a symbolic link to ${text}, a folder that holds the link itself: remove it`);
			return;
		}
		await this.copyDirectory(end, target, {
			root: end,
			stack: [...tree.stack, end],
			isOverlay: tree.isOverlay
		}, stats);
	}
	#unreadable(target, error, instead) {
		if (!(error instanceof Error && "code" in error && error.code === "EACCES")) throw error;
		this.#refuse(target, "cannot be read: give us the right to read it");
		return instead;
	}
	/** Named by its place in the description, also where a link led out of it. */
	#refuse(target, text) {
		const where = relative(this.#folders.into, target);
		this.problems.push({
			where: where || ".",
			text,
			file: join(this.#folders.root, where)
		});
	}
};
async function keepModeAndTime(target, stats) {
	await chmod(target, stats.mode & 4095);
	await utimes(target, stats.atime, stats.mtime);
}
/** A link that would miss its target from another place is written anew, relative. */
function keptLink(source, text, next, root) {
	const folder = dirname(source);
	return !isAbsolute(text) && resolve(folder, text) === next && !leaves(relative(root, folder), text) ? text : relative(folder, next) || ".";
}
/** Whether a relative link passes above the root on its way. */
function leaves(folder, text) {
	let depth = folder === "" ? 0 : folder.split(sep).length;
	return text.split("/").some((part) => {
		if (part === "..") depth -= 1;
		else if (part !== "" && part !== ".") depth += 1;
		return depth < 0;
	});
}
/** Whether `path` is `folder` or stands below it. */
function isWithin(path, folder) {
	return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
// src/description/attribute.ts
/** Sets an attribute, or removes it where `value` is left out; none where there is nothing to do. */
function attributeEdits(text, element, name, value) {
	const present = element.attributes.find((attribute) => attribute.name === name);
	if (present !== void 0) {
		if (value === void 0) return [removal(text, present)];
		return [{
			start: present.valueStart,
			end: present.valueEnd,
			text: escapedValue(value)
		}];
	}
	const behindName = element.start + 1 + element.name.length;
	return value === void 0 ? [] : [{
		start: behindName,
		end: behindName,
		text: ` ${name}="${escapedValue(value)}"`
	}];
}
// src/description/repositorysource.ts
/**
* Puts one `<repository>` per source in the place of one, on the same lines and in the order given: the last one that
* the build uses names the distribution that KIWI bootstraps from (kiwi/repository/apt.py `add_repo`).
*
* @param text of the file that the repository stands in
* @param aliases those in use; the new ones are added, since KIWI names a file after each
* @param edits others that fall into the element
*/
function repositoryReplacement(text, repository, sources, aliases, edits) {
	const { start, end } = repository.element;
	const copies = sources.map((source, index) => {
		const shifted = [...sourceEdits(text, repository, source, newAlias(repository, source, {
			index,
			count: sources.length
		}, aliases)), ...edits].map((edit) => ({
			...edit,
			start: edit.start - start,
			end: edit.end - start
		}));
		const copy = editedText(text.slice(start, end), shifted);
		return index === 0 ? copy : copy.replace(/\r\n|\r|\n/g, " ");
	});
	return copies.length === 0 ? removal(text, {
		start,
		end
	}) : {
		start,
		end,
		text: copies.join("")
	};
}
function sourceEdits(text, repository, source, alias) {
	const { element } = repository;
	const sourceElement = childrenNamed(element, "source")[0];
	const edits = [];
	const set = (target, name, value) => edits.push(...attributeEdits(text, target, name, value));
	if (sourceElement !== void 0) {
		set(sourceElement, "path", source.uri);
		edits.push(...signingEdits(text, sourceElement, source.keyrings ?? []));
	}
	if (source.distribution !== void 0) set(element, "distribution", source.distribution);
	if (source.components !== void 0) set(element, "components", source.components.join(" "));
	if (alias !== void 0) set(element, "alias", alias);
	if (source.imageOnly === true) {
		set(element, "imageinclude", void 0);
		set(element, "imageonly", "true");
	} else {
		if (source.imageOnly === false || source.imageInclude === true) set(element, "imageonly", void 0);
		if (source.imageInclude !== void 0) set(element, "imageinclude", source.imageInclude ? "true" : void 0);
	}
	return edits;
}
function signingEdits(text, source, keyrings) {
	if (keyrings.length === 0) return [];
	const signing = keyrings.map((file) => `<signing key="${escapedValue(`file://${file}`)}"/>`).join("");
	if (!text.slice(source.start, source.tagEnd).endsWith("/>")) return [{
		start: source.tagEnd,
		end: source.tagEnd,
		text: signing
	}];
	return [{
		start: source.tagEnd - 2,
		end: source.tagEnd,
		text: `>${signing}</${source.name}>`
	}];
}
/** Without an alias KIWI takes a hash of the URI, which several distributions of one mirror share. */
function newAlias(repository, source, place, aliases) {
	const own = repository.attributes["alias"];
	if (place.index === 0 && (own !== void 0 || place.count === 1)) return void 0;
	const base = own ?? (source.distribution ?? "repository").replace(/[^a-zA-Z0-9_\-.]/g, "-");
	let alias = base;
	for (let number = 2; aliases.has(alias); number += 1) alias = `${base}-${number}`;
	aliases.add(alias);
	return alias;
}
// src/description/rewrite.ts
/**
* Attributes of a disk type that make KIWI turn the raw disk into something else, or make more than it
* (kiwi/builder/disk.py `create_disk_format`, `create_install_media`). The schema takes `derived_from` only beside some
* formats, so it goes with them.
*/
const RESULT_ATTRIBUTES = [
	"format",
	"formatoptions",
	"bundle_format",
	"derived_from",
	"installiso",
	"installstick",
	"installpxe"
];
/** What the schema takes only beside some of these, each of them for what is made of the disk. */
const RESULT_ELEMENTS = ["containerconfig", "installmedia"];
/** Attributes that name a file from the description's folder, by element; KIWI takes an absolute path for each. */
const FILE_ATTRIBUTES = [
	["archive", "name"],
	["file", "name"],
	["type", "editbootconfig"],
	["type", "editbootinstall"],
	["repository", "customize"]
];
/**
* The XML with which KIWI makes the plain raw disk of every disk type. Line numbers and all that is not edited stay as
* they are; the text is meant to be written as UTF-8.
*
* @param includePaths where the staged copy has the included files, from its folder, by their own paths
* @returns the text of each document, by its path
*/
function rewrittenDocuments(description, edits, includePaths) {
	const aliases = new Set(description.repositories.flatMap(({ attributes }) => attributes["alias"] ?? []));
	const texts = description.documents.map((document) => {
		const elements = elementsOf(document.root);
		const all = [
			...encodingEdits(document.text),
			...elements.filter(isType).flatMap((type) => typeEdits(document.text, type)),
			...includeEdits(document, description, includePaths),
			...repositoryEdits(document, description, edits, aliases)
		];
		return [document.file, editedText(document.text, all)];
	});
	return new Map(texts);
}
/** Edits of references too, since those may stand within a repository. */
function repositoryEdits(document, description, edits, aliases) {
	const references = elementsOf(document.root).flatMap((element) => referenceEdits(element, description.folder));
	const free = new Set(references);
	const replaced = /* @__PURE__ */ new Map();
	for (const repository of description.repositories) {
		const sources = edits.repositories?.get(repository.index);
		const { element } = repository;
		if (sources === void 0 || element.file !== document.file || replaced.has(element)) continue;
		const within = references.filter((edit) => edit.start >= element.start && edit.end <= element.end);
		for (const edit of within) free.delete(edit);
		replaced.set(element, repositoryReplacement(document.text, repository, sources, aliases, within));
	}
	return [...free, ...replaced.values()];
}
function encodingEdits(text) {
	const match = /^<\?xml\s[^?]*?encoding\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(text);
	const encoding = match?.[1] ?? match?.[2];
	if (match === null || encoding === void 0 || /^utf-?8$/i.test(encoding)) return [];
	const end = match[0].length - 1;
	return [{
		start: end - encoding.length,
		end,
		text: "UTF-8"
	}];
}
function typeEdits(text, type) {
	const attributes = type.attributes.filter((attribute) => RESULT_ATTRIBUTES.includes(attribute.name));
	const elements = type.children.filter((child) => RESULT_ELEMENTS.includes(child.name));
	return [...attributes, ...elements].map((span) => removal(text, span));
}
function isType(element) {
	return element.name === "type" && isDiskType(element);
}
function includeEdits(document, description, includePaths) {
	return description.includes.flatMap(({ element, file }) => {
		const path = includePaths.get(file);
		if (element.file !== document.file || path === void 0) return [];
		const from = `this://${path}`;
		return attributeValue(element, "from") === from ? [] : attributeEdits(document.text, element, "from", from);
	});
}
/** References that climb out of the folder would lead nowhere from the staged copy: they become absolute. */
function referenceEdits(element, folder) {
	const edits = [];
	const replace = (name, text) => edits.push(...attributeEdits("", element, name, text));
	for (const [elementName, name] of FILE_ATTRIBUTES) {
		const path = element.name === elementName ? attributeValue(element, name) : void 0;
		if (path !== void 0 && climbsOut(path)) replace(name, resolve(folder, path));
	}
	const [name, scheme] = element.name === "source" ? ["path", "dir"] : ["key", "file"];
	const uri = ["source", "signing"].includes(element.name) ? attributeValue(element, name) : void 0;
	if (uri?.startsWith("this://") && climbsOut(uri.slice(7))) replace(name, `${scheme}://${resolve(folder, uri.slice(7))}`);
	return edits;
}
function climbsOut(path) {
	return normalize(path).split("/")[0] === "..";
}
function elementsOf(element) {
	return [element, ...element.children.flatMap(elementsOf)];
}
// src/description/stage.ts
/**
* Makes the copy of a description that KIWI builds the plain raw disk from. The user's files are only read.
*
* The main file keeps its name where KIWI would find it by itself, else it is `config.xml`, and so is the YAML form.
* Included files from outside come along.
*
* @param into a folder that does not exist or is empty
* @returns the folder to hand to KIWI, absolute
* @throws DescriptionError with all links that lead nowhere or in a circle, and all devices, sockets and pipes
*/
async function stageDescription(description, into, edits = {}) {
	const folder = resolve(into);
	await mkdir(folder, { recursive: true });
	const problems = await copyFolder(description.folder, folder, {
		overlays: ["root", ...description.profiles.map((profile) => profile.name)],
		leftOut: [join(description.folder, ".git"), ...edits.leaveOut ?? []]
	});
	if (problems.length > 0) throw new DescriptionError(problems);
	const paths = await stagedPaths(description, folder);
	for (const [file, text] of rewrittenDocuments(description, edits, paths)) await replaceFile(join(folder, paths.get(file) ?? basename(file)), text, (await stat(file)).mode & 4095);
	return folder;
}
/** Where the staged copy has each document, from its folder. */
async function stagedPaths(description, folder) {
	const [main, ...included] = description.documents.map((document) => document.file);
	const paths = /* @__PURE__ */ new Map();
	if (main !== void 0) paths.set(main, await mainPath(description, folder));
	for (const [index, file] of included.entries()) {
		const path = relative(description.folder, file);
		const isInside = isWithin(file, description.folder) && await isInStage(join(folder, path), folder);
		paths.set(file, isInside ? path : `kiwi-oci-include-${index + 1}.xml`);
	}
	return paths;
}
/** KIWI looks for config.xml, image/config.xml and the first *.kiwi (kiwi/tasks/base.py `load_xml_description`). */
async function mainPath(description, folder) {
	const name = basename(description.file);
	if (name === "config.xml") return name;
	const kiwiNames = (await readdir(folder)).filter((entry) => entry.endsWith(".kiwi")).sort();
	const rivals = await Promise.all(["config.xml", "image/config.xml"].map((path) => exists(join(folder, path))));
	if (kiwiNames[0] === name && !rivals.includes(true)) return name;
	await rm(join(folder, name), { force: true });
	return "config.xml";
}
async function exists(path) {
	return stat(path).then(() => true, () => false);
}
/** Whether a path of the copy stays in it: what leaves the folder through a link has been replaced by a copy. */
async function isInStage(path, folder) {
	const parent = await realpath(dirname(path)).catch(() => void 0);
	return parent !== void 0 && isWithin(parent, await realpath(folder));
}
/** The copy may be a link to another file of the copy, which has to stay as it is. */
async function replaceFile(path, text, mode) {
	await rm(path, { force: true });
	await putText(path, text, { mode });
	await chmod(path, mode);
}
// src/host/process-start.ts
/**
* When a process was started, in ticks since the machine's start; undefined when there is none of this number. With the
* number it names one process: numbers are given again. proc_pid_stat(5), field 22; the name in field 2 may hold anything.
*/
async function processStart(pid) {
	const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => void 0);
	const [state, ...fields] = text?.slice(text.lastIndexOf(")") + 2).split(" ") ?? [];
	return state === void 0 || "ZX".includes(state) ? void 0 : fields[18];
}
/** This process for another one to look for; without a start where /proc is not of our process namespace. */
async function thisCaller() {
	return {
		pid: process.pid,
		started: await processStart(process.pid) ?? ""
	};
}
// src/kiwi/environment.ts
const SYSTEM_PATH = [
	"/usr/local/sbin",
	"/usr/local/bin",
	"/usr/sbin",
	"/usr/bin",
	"/sbin",
	"/bin"
];
const PASSED = /^((https?|ftp|no|all)_proxy|SOURCE_DATE_EPOCH)$/i;
/** Folder below the work folder that is the home of KIWI and of what it starts. */
const HOME_FOLDER = "home";
/**
* The whole environment of KIWI. It hands its own to the scripts of the description (KIWI: `command.py`), so it gets
* a list of what is allowed and never ours with its tokens.
*
* @param about.kiwi path of kiwi-ng
* @param about.offered variables of the caller, of which the proxies and `SOURCE_DATE_EPOCH` are taken
* @param about.aptConfiguration a file that apt reads on the machine and in the root tree, before its others
*/
function kiwiEnvironment(about) {
	const folders = [
		join(about.workFolder, "bin"),
		dirname(about.kiwi),
		...SYSTEM_PATH
	];
	return {
		...Object.fromEntries(Object.entries(about.offered).filter(([name]) => PASSED.test(name))),
		PATH: [...new Set(folders)].join(":"),
		HOME: join(about.workFolder, HOME_FOLDER),
		LANG: "C.UTF-8",
		...about.aptConfiguration === void 0 ? {} : { APT_CONFIG: about.aptConfiguration }
	};
}
// src/kiwi/failure.ts
/** KIWI could not build, for a reason in the description, in a repository or in KIWI itself. */
var KiwiError = class extends KnownError {
	name = "KiwiError";
	code;
	detail;
	/** @param message one line, @param detail the last lines of KIWI's log */
	constructor(code, message, detail = []) {
		super(message);
		this.code = code;
		this.detail = detail;
	}
};
const EXCEPTION = /^(?:\w+\.)*\w*(?:Error|Exception|Failed|NotFound|Interrupt): ./;
const TELLING = /error|fail|cannot|can't|unable|not found|no such|denied|invalid|NO_PUBKEY|^\s*E: /i;
const CULPRIT = /^(?:E: |Error:|error:|dpkg: error|ERROR: |Problem: |nothing provides )/;
/** A paragraph in one line must still be read as one. */
const PARAGRAPH_LIMIT = 500;
/** Lines of apt in every build or after every failure, which tell nothing. */
const NOISE = /^E: (?:Can not write log|Sub-process )/;
/**
* The reason of a failure in one line: KIWI's own error, or the exception that started it where KIWI prints a traceback.
* Where KIWI puts the whole output of a program into its message, the line of it that tells what went wrong.
*
* @param errors what KIWI logged as errors, each with its lines
*/
function failureReason(errors) {
	const known = errors.findLast(([first]) => first !== void 0 && !first.startsWith("Unexpected error"));
	if (known !== void 0) return tellingLine(known);
	const traceback = errors.at(-1)?.slice(1);
	return traceback?.find((line) => EXCEPTION.test(line)) ?? traceback?.findLast((line) => line.trim() !== "");
}
function tellingLine([first = "", ...more]) {
	if (/^\w+:\s*$/.test(first)) return [first, ...more].map((line) => line.trim()).filter((line) => line !== "").join(" ").slice(0, PARAGRAPH_LIMIT);
	const [, subject, rest] = /^(\w+: [^:]+): (.*)$/.exec(first) ?? [];
	if (subject === void 0 || rest === void 0 || TELLING.test(rest)) return first;
	const culprit = more.find((line) => CULPRIT.test(line) && !NOISE.test(line)) ?? more.find((line) => TELLING.test(line) && !NOISE.test(line));
	return culprit === void 0 ? first : `${subject}: ${culprit.trim()}`;
}
/**
* What a line says about a lack of space: on this machine, or on the disk that is built (KIWI copies the system onto it
* with rsync, below a folder of its mount manager).
*/
function spaceLack(line) {
	if (!/No space left on device|\[Errno 28\]|Disk quota exceeded/i.test(line)) return void 0;
	return /rsync|kiwi_mount_manager|kiwi_volumes/.test(line) ? "disk" : "machine";
}
/**
* What KIWI says about arguments that it does not know: typer since KIWI 10 in a box, docopt of KIWI 9 by its usage alone.
*
* @param lines what KIWI printed
* @returns one sentence, or undefined when the arguments were not the reason
*/
function usageProblem(lines) {
	if (!lines.some((line) => /^\s*usage: kiwi-ng/i.test(line))) return void 0;
	const boxed = lines.flatMap((line) => /^│\s*(\S.*?)\s*│$/.exec(line)?.[1] ?? []).join(" ");
	return boxed === "" ? "this KIWI does not know one of them: see kiwi-ng --help" : `KIWI says: ${boxed}`;
}
// src/kiwi/log.ts
const LINE = /^\[ (DEBUG|INFO|WARNING|ERROR|CRITICAL) *\]: (?:\d\d:\d\d:\d\d \| )?(.*)$/;
const COLOURS = /\u001b\[[\d;]*m/g;
/** The phases in the order of a build, with the messages of KIWI 9 to 11 that start each. */
const PHASES = [
	{
		title: "Description",
		start: /^Loading XML description/
	},
	{
		title: "Bootstrap",
		start: /^(Preparing (new root )?system|Setup root directory|Installing bootstrap packages)/
	},
	{
		title: "Packages",
		start: /^(Installing system|Update system|Updating system)/
	},
	{
		title: "Configuration",
		start: /^(Copying user defined files|Setting up user |Calling (config|config-overlay)\.sh)/
	},
	{
		title: "Disk",
		start: /^(Creating system image|Preparing boot system|Creating raw disk image)/
	},
	{
		title: "Initrd",
		start: /^(Creating generic dracut initrd|Creating initrd cpio|Preparing boot image)/
	},
	{
		title: "Boot loader",
		start: /^(Creating \S+ bootloader configuration|Creating grub2 bootloader images)/
	},
	{
		title: "Disk content",
		start: /^Syncing system to image/
	},
	{
		title: "Results",
		start: /^(Export \S+ packages metadata|Result files)/
	}
];
/**
* One line of what KIWI prints, `[ INFO    ]: 12:00:01 | text`, without its colours.
*
* @returns undefined for what continues the line before: a traceback, the output of a program that failed
*/
function logLine(line) {
	const [, level, message] = LINE.exec(line) ?? [];
	return level === void 0 || message === void 0 ? void 0 : {
		level,
		message
	};
}
/** Empty lines, and progress bars, which overwrite one another on a terminal and say nothing in a log. */
function saysNothing(line) {
	return /^(\[ INFO +\]: Processing: \[.*|\s*)$/.test(line);
}
/** Title of the phase that starts with a message, when one does. */
function phaseOf(message) {
	return PHASES.find(({ start }) => start.test(message))?.title;
}
/**
* Reads KIWI's output as it comes: hands it to the report with a group for each phase, measures the phases, and keeps
* what a failure is explained with.
*/
var KiwiLog = class {
	#report;
	#now;
	#phases = [];
	#errors = [];
	#open;
	#inError = false;
	#neededMegabytes = 0;
	/** @param now the time in milliseconds */
	constructor(report, now) {
		this.#report = report;
		this.#now = now;
	}
	/** Takes the next line. */
	take(raw) {
		if (saysNothing(raw)) return;
		const line = raw.replaceAll(COLOURS, "").trimEnd();
		const parsed = logLine(line);
		if (parsed !== void 0) this.#read(parsed);
		if (this.#inError) this.#errors.at(-1)?.push(parsed?.message ?? line);
		this.#report.output(line);
	}
	#read({ level, message }) {
		this.#inError = level === "ERROR" || level === "CRITICAL";
		if (this.#inError) this.#errors.push([]);
		if (level !== "INFO") return;
		const title = phaseOf(message);
		if (title !== void 0 && position(title) > position(this.phase)) this.#enter(title);
		const needs = /^--> system data with filesystem overhead needs (\d+) MB/.exec(message)?.[1];
		if (needs !== void 0) this.#neededMegabytes = Number(needs);
	}
	#enter(title) {
		this.#leave();
		this.#open = {
			title,
			since: this.#now()
		};
		this.#report.group(`KIWI: ${title}`);
	}
	#leave() {
		if (this.#open === void 0) return;
		this.#phases.push({
			title: this.#open.title,
			seconds: (this.#now() - this.#open.since) / 1e3
		});
		this.#report.endGroup();
	}
	/** Ends the last group. @returns every phase that took place, in order */
	end() {
		this.#leave();
		this.#open = void 0;
		return this.#phases;
	}
	/** Title of the phase that runs, or of the last one. */
	get phase() {
		return this.#open?.title ?? this.#phases.at(-1)?.title;
	}
	/** What KIWI logged as errors, each with the lines that belong to it; the level and the time are cut off. */
	get errors() {
		return this.#errors;
	}
	/** Size in MB of the system that goes onto the disk, 0 when KIWI had not come so far. */
	get neededMegabytes() {
		return this.#neededMegabytes;
	}
};
function position(title) {
	return PHASES.findIndex((phase) => phase.title === title);
}
// src/kiwi/partx.ts
/**
* Stands in front of the machine's `partx`: `--add` refuses a partition that the kernel knows already, which happens by
* leftovers of another build and, up to KIWI 10, by KIWI's own parted (OSInside/kiwi pull request 3002). `--update`
* adds what is missing and drops what is stale.
*/
const SHIM = `#!/bin/sh
for argument do
  shift
  [ "$argument" = --add ] && argument=--update
  set -- "$@" "$argument"
done
PATH=\${PATH#*:}
exec partx "$@"
`;
/** Writes it into the folder that comes first on KIWI's path. */
async function writePartx(workFolder) {
	const folder = join(workFolder, "bin");
	await mkdir(folder, { recursive: true });
	await putText(join(folder, "partx"), SHIM);
	await chmod(join(folder, "partx"), 493);
}
// src/kiwi/result.ts
/**
* Reads `kiwi.result.json`, which KIWI writes into its target folder since 9.24 (`system/result.py`).
*
* @throws KiwiError when it names no disk, or one outside of the target folder
*/
async function readKiwiResult(target) {
	const file = join(target, "kiwi.result.json");
	const filename = diskFilename(await readFile(file, "utf8").catch(() => void 0), file);
	const disk = join(target, basename(filename));
	const [folder, found] = await Promise.all([realpath(target), lstat(disk).catch(() => void 0)]);
	if (await realpath(dirname(filename)).catch(() => void 0) !== folder || !found?.isFile()) throw new KiwiError("kiwi-no-disk", `KIWI names ${filename} as its disk, which is no file in ${target}: choose a type that makes a disk`);
	return { disk };
}
function diskFilename(text, file) {
	if (text === void 0) throw new KiwiError("kiwi-result", `KIWI ended without ${file}: this KIWI is too old, or the build was no image build`);
	const results = parsed(text, file);
	const entry = isJsonObject(results) ? results["disk_image"] : void 0;
	const filename = isJsonObject(entry) ? entry["filename"] : void 0;
	if (typeof filename !== "string" || !filename.startsWith("/")) throw new KiwiError("kiwi-no-disk", "KIWI built no disk: choose a type that makes one, like image=\"oem\"", [`${file}:`, text]);
	return filename;
}
function parsed(text, file) {
	try {
		return JSON.parse(text);
	} catch {
		throw new KiwiError("kiwi-result", `${file} of KIWI is no JSON: the build was cut off, try again`, [text]);
	}
}
// src/kiwi/savingscripts.ts
/**
* apt's configuration beside KIWI's own (apt.conf(5): the file that `APT_CONFIG` names comes first). KIWI keeps the lists
* of packages in its cache, where nobody reads descriptions. dpkg looks for the programs of packages in our folder first,
* and syncs its database alone to the storage: the disk is made of the root tree later, and what is left of that by a
* crash goes.
*/
function aptConfiguration(programs) {
	return [
		"Acquire::Languages \"none\";",
		`DPkg::Path "${programs}:/usr/sbin:/usr/bin:/sbin:/bin";`,
		"DPkg::Options:: \"--force-unsafe-io\";",
		""
	].join("\n");
}
/**
* Stands in front of dracut while Debian's packages are installed: an empty file takes the place of an initrd that is made
* again, by KIWI or else by the trigger of the package dracut, which its postinst asks for and which comes last. It runs
* as it was called
* - where the arguments are not those of Debian's /etc/kernel/postinst.d/dracut,
* - where there are several kernels, since KIWI makes the initrd of one (kiwi/system/kernel.py `get_kernel`),
* - where a hook of kernels or initrds may read what it makes. None is what run-parts(8) does not run by its name, such as
*   the `zz-update-grub.dpkg-new` of a package that is only unpacked.
*
* @param pending folder that gets a file for each initrd that was not made, its name the kernel's version
*/
function dracutProgram(pending, replacesInitrd) {
	return `#!/bin/sh
PATH=\${PATH#*:}
made_by_trigger() {
  case $DPKG_MAINTSCRIPT_PACKAGE in
    dracut | '') return 1 ;;
  esac
  grep -qs '^update-initramfs ' /var/lib/dpkg/triggers/Unincorp && return 0
  case $(dpkg-query --show --showformat='\${db:Status-Status}' dracut) in
    unpacked | half-configured | triggers-awaited | triggers-pending) return 0 ;;
  esac
  return 1
}
made_again() {
  for hook in /etc/kernel/postinst.d/* /usr/share/kernel/postinst.d/* /etc/initramfs/post-update.d/* \\
    /usr/share/initramfs/post-update.d/*; do
    case \${hook##*/} in
      *[!A-Za-z0-9_-]* | apt-auto-removal | dkms | dracut | unattended-upgrades | zz-update-grub) ;;
      *) return 1 ;;
    esac
  done
  [ "$(ls /lib/modules)" = "$version" ] && ${replacesInitrd ? "true" : "made_by_trigger"}
}
file= version=
case $#:$1:$2 in
  4:-q:--force) file=$3 version=$4 ;;
  3:--force:*) file=$2 version=$3 ;;
esac
if [ -n "$version" ] && [ "$file" = "/boot/initrd.img-$version" ] && made_again; then
  umask 077
  [ -e "$file" ] || : >"$file"
  : >"${pending}/$version"
  exit 0
fi
dracut "$@" || exit
[ -z "$version" ] || rm -f "${pending}/$version"
`;
}
/**
* Stands in front of chroot for KIWI (whose calls of apt-get may go past it). apt's configuration for the build is for
* KIWI's own calls of apt-get: scripts of the description get none of it. And before KIWI makes its initrd, those of other
* kernels that were left to it are made, with what a script changed meanwhile.
*/
function chrootProgram(pending) {
	return `#!/bin/sh
PATH=\${PATH#*:}
root=$1 program=$2 version=
[ "$program" = apt-get ] || unset APT_CONFIG
kind=$program
for argument do
  case $argument in
    --list-modules | --printconfig | --help | --version) kind=question ;;
    --uefi) version=none ;;
    *) [ "$version" = none ] || version=$argument ;;
  esac
done
if [ "$kind" = dracut ]; then
  for left in "${pending}"/*; do
    [ -e "$left" ] || continue
    other=\${left##*/}
    if [ "$other" != "$version" ]; then
      chroot "$root" dracut -q --force "/boot/initrd.img-$other" "$other" || exit
    fi
    rm -f "$left"
  done
fi
exec chroot "$@"
`;
}
/**
* The programs that KIWI asks for reports about packages, which it writes beside the disk for the Open Build Service
* when that is done (kiwi/system/setup.py `export_package_changes`, `export_package_verification`). They say nothing
* then, and work as ever for other callers.
*
* @returns names with their texts
*/
function reportPrograms(packageManager) {
	if (packageManager === "apt") return [["dpkg", quietProgram("dpkg", `'--root '*' -V --verify-format rpm'`)], ["zcat", quietProgram("zcat", "*/build/image-root//usr/share/doc/*/changelog.Debian.gz")]];
	return [["rpm", quietProgram("rpm", `'--root '*' -Va --dbpath '* | '--root '*' -qa --qf '*' --changelog --dbpath '*`)]];
}
function quietProgram(name, pattern) {
	return `#!/bin/sh
case "$*" in
  ${pattern}) exit 0 ;;
esac
PATH=\${PATH#*:}
exec ${name} "$@"
`;
}
// src/kiwi/savings.ts
/** Folder in the shared cache. */
const FOLDER = "kiwi-oci";
const PENDING = "pending";
/** The file for `APT_CONFIG` while KIWI works, where there is one. */
function aptConfigurationFile(savings, cachePlace) {
	return savings?.packageManager === "apt" ? { aptConfiguration: join(cachePlace, FOLDER, "apt.conf") } : {};
}
/** One line for the log. */
function savingsText({ packageManager, replacesInitrd }) {
	return `fast-build leaves out what the disk is the same without: ${[...packageManager === "apt" ? [
		replacesInitrd ? "initrds before that of KIWI" : "all initrds of packages but the last",
		"syncing of each file to the storage",
		"translated lists of packages"
	] : [], "reports about packages"].join(", ")}`;
}
/** Writes the programs and settings that leave these things out, none of them into the root tree. */
async function writeSavings(savings, places) {
	const { workFolder, sharedCache, cachePlace } = places;
	const shims = join(workFolder, "bin");
	for (const [name, text] of reportPrograms(savings.packageManager)) await writeProgram(shims, name, text);
	if (savings.packageManager !== "apt") return;
	const folder = join(sharedCache, FOLDER);
	const seen = join(cachePlace, FOLDER);
	await mkdir(join(folder, PENDING), { recursive: true });
	await chmod(folder, 493);
	await putText(join(folder, "apt.conf"), aptConfiguration(join(seen, "bin")));
	await chmod(join(folder, "apt.conf"), 420);
	await writeProgram(join(folder, "bin"), "dracut", dracutProgram(join(seen, PENDING), savings.replacesInitrd));
	await writeProgram(shims, "chroot", chrootProgram(join(folder, PENDING)));
}
/**
* That no initrd was left to KIWI which it then did not make.
*
* @throws KiwiError when it did not
*/
async function checkSavings(sharedCache) {
	const versions = await readdir(join(sharedCache, FOLDER, PENDING)).catch((error) => {
		if (error.code === "ENOENT") return [];
		throw error;
	});
	if (versions.length === 0) return;
	throw new KiwiError("kiwi-initrd", `${`the initrd of the kernel ${versions.join(", ")} was left to KIWI, which made none`}: set fast-build to false`, []);
}
async function writeProgram(folder, name, text) {
	await mkdir(folder, { recursive: true });
	await putText(join(folder, name), text);
	await chmod(join(folder, name), 493);
}
// src/kiwi/build.ts
/**
* Where KIWI sees the folder of packages: its own default. It binds the folder into the root tree at the same path, and
* what is missing of the path there it makes with the wrong mode, so below /tmp the tree would get a /tmp closed to apt.
*/
const CACHE_PLACE = "/var/cache/kiwi";
/** From the end of its input to SIGKILL: the supervisor needs 5 s for KIWI and some for what it releases. */
const GRACE_SECONDS = 30;
/**
* Builds a disk with `kiwi-ng system build`, as root and under the supervisor.
*
* @throws KiwiError with KIWI's own reason, HostError when the machine lacks space or rights, InputError for arguments
*   that this KIWI does not know, CommandError when the build was canceled
*/
async function buildDisk(request) {
	const workFolder = await realpath(request.workFolder);
	const target = join(workFolder, "target");
	const logFolder = await mkdtemp(`${workFolder}-log-`);
	const logFile = join(logFolder, "kiwi.log");
	try {
		const phases = await runKiwi(request, {
			workFolder,
			target,
			logFile
		});
		await checkSavings(request.sharedCache);
		const result = await readKiwiResult(target);
		await rm(logFolder, {
			recursive: true,
			force: true
		});
		return {
			...result,
			phases
		};
	} catch (error) {
		if (!namesFile(error, logFile)) await rm(logFolder, {
			recursive: true,
			force: true
		});
		throw error;
	}
}
/** Whether an error sends its reader to a file: only then the file has to stay. */
function namesFile(error, file) {
	return error instanceof KnownError && [error.message, ...error.detail].some((line) => line.includes(file));
}
async function runKiwi(request, places) {
	await prepare(request, places.workFolder);
	const log = new KiwiLog(request.report, request.now);
	try {
		await runCommand(request.supervisor.program, request.supervisor.args, {
			input: `${JSON.stringify(buildJob(request, places))}\n`,
			stopByEndOfInput: true,
			graceSeconds: GRACE_SECONDS,
			onLine: (line) => log.take(line),
			...request.signal ? { signal: request.signal } : {}
		});
	} catch (error) {
		log.end();
		if (!(error instanceof CommandError)) throw error;
		if (error.outcome.kind === "canceled") throw new CommandError("KIWI", [], error.outcome, error.lastLines);
		throw await explained(error, log, places);
	}
	return log.end();
}
async function prepare({ sharedCache, savings }, workFolder) {
	await mkdir(join(workFolder, HOME_FOLDER, ".gnupg"), {
		recursive: true,
		mode: 448
	});
	await mkdir(join(workFolder, "tmp"), { recursive: true });
	await mkdir(sharedCache, { recursive: true });
	await writePartx(workFolder);
	if (savings !== void 0) await writeSavings(savings, {
		workFolder,
		sharedCache,
		cachePlace: CACHE_PLACE
	});
}
function buildJob(request, { workFolder, target, logFile }) {
	const temp = join(workFolder, "tmp");
	return {
		program: request.kiwi,
		args: kiwiArguments({
			...request,
			sharedCache: CACHE_PLACE,
			target,
			temp,
			logFile
		}),
		env: kiwiEnvironment({
			...request,
			workFolder,
			...aptConfigurationFile(request.savings, CACHE_PLACE)
		}),
		cwd: workFolder,
		workFolder,
		bind: {
			from: request.sharedCache,
			to: CACHE_PLACE
		},
		discard: [
			join(target, "build"),
			temp,
			join(workFolder, HOME_FOLDER)
		],
		handOver: [
			target,
			logFile,
			request.sharedCache
		],
		owner: request.owner,
		caller: request.caller
	};
}
async function explained(error, log, places) {
	const lastLine = error.lastLines.at(-1) ?? error.message;
	if (error.outcome.kind === "missing") return error;
	if (error.outcome.kind === "exit" && error.outcome.code === 125) return refusal(lastLine);
	if (log.phase === void 0 && lastLine.startsWith("sudo: ")) return new HostError("host-root", `building needs root (${lastLine})`, "run as root or with password-less sudo");
	const unknown = log.errors.length === 0 ? usageProblem(error.lastLines) : void 0;
	if (unknown !== void 0) return new InputError([{
		where: "input kiwi-arguments",
		text: unknown
	}]);
	const during = log.phase === void 0 ? "" : ` in the phase ${log.phase}`;
	const kept = `the whole log is ${places.logFile}`;
	const lack = await lackIn(places.logFile, error.lastLines);
	if (lack === "machine") {
		const need = log.neededMegabytes === 0 ? "" : ` (it needs about ${(log.neededMegabytes / 500).toFixed(1)} GB)`;
		return new HostError("host-space", `no space left in ${places.workFolder} while KIWI worked${during}`, `make room there${need} or name a larger place with work-dir; ${kept}`);
	}
	if (lack === void 0 && log.errors.length === 0 && isKill(error)) return new CommandError("KIWI", [], {
		kind: "signal",
		signal: "SIGKILL"
	}, [...withoutUnshare(error), kept]);
	const reason = failureReason(log.errors) ?? lastLine;
	return new KiwiError(lack === "disk" ? "kiwi-size" : "kiwi-failed", `KIWI failed${during}: ${reason}${lack === "disk" ? ": the disk is too small for the system, raise <size> in the description" : ""}`, [...error.lastLines.filter((line) => !saysNothing(line)), kept]);
}
/**
* Of KIWI itself, as by a system that has no memory left, or of who watches it. unshare(1) of util-linux 2.38 wants to end as
* KIWI did, and fails to for SIGKILL.
*/
function isKill(error) {
	const { outcome, lastLines } = error;
	return outcome.kind === "exit" && (outcome.code === 137 || withoutUnshare(error).length < lastLines.length);
}
function withoutUnshare({ lastLines }) {
	return lastLines.filter((line) => !line.startsWith("unshare: sigprocmask "));
}
/** The supervisor's own words, behind its code: `host-root: what: what to do`. */
function refusal(line) {
	const [, code = "", message = ""] = /^([a-z-]+): (.*)$/.exec(line) ?? [];
	if (isErrorCode(code)) return new RelayedError(code, message);
	return new HostError("host-handover", `the supervisor gave up (${line})`, "see the log");
}
/**
* Looks for a lack of space also in KIWI's log: what KIWI prints at the end may be a later failure. And where the log has
* no space either, the supervisor says so last.
*/
async function lackIn(logFile, lastLines) {
	for (const line of lastLines.toReversed()) {
		const lack = spaceLack(line);
		if (lack !== void 0) return lack;
	}
	const stream = createReadStream(logFile);
	try {
		for await (const line of createInterface({
			input: stream,
			crlfDelay: Number.POSITIVE_INFINITY
		})) {
			const lack = spaceLack(line);
			if (lack !== void 0) return lack;
		}
	} catch {} finally {
		stream.destroy();
	}
}
// src/kiwi/check.ts
/**
* Has KIWI judge the description before anything is built: by its schema, and whether the type and the profiles are there.
* Takes about a second and no root.
*
* @throws DescriptionError with KIWI's own reason, or naming both schema versions; InputError for global arguments that
*   this KIWI does not know
*/
async function checkDescription(request) {
	const lines = [];
	try {
		await runCommand(request.kiwi, checkArguments(request, request.description, request.workFolder), {
			cwd: request.workFolder,
			env: kiwiEnvironment(request),
			onLine: (line) => lines.push(line),
			timeoutSeconds: 120,
			...request.signal ? { signal: request.signal } : {}
		});
	} catch (error) {
		if (!(error instanceof CommandError) || error.outcome.kind !== "exit") throw error;
		throw await judgement(request, lines, error);
	}
}
async function judgement(request, lines, error) {
	const errors = errorRecords(lines);
	const unknown = errors.length === 0 ? usageProblem(lines) : void 0;
	if (unknown !== void 0) return new InputError([{
		where: "input kiwi-global-arguments",
		text: unknown
	}]);
	const reason = failureReason(errors);
	if (reason === void 0) return error;
	const invalid = reason.startsWith("KiwiDescriptionInvalid");
	const known = invalid ? await knownSchema(request.kiwi) : void 0;
	const text = known !== void 0 && isNewer(request.schemaVersion, known) ? `the description needs schema ${request.schemaVersion}, kiwi-ng ${request.kiwiVersion} knows up to ${known}: set kiwi-version or lower schemaversion` : `kiwi-ng ${request.kiwiVersion} refuses the description: ${(invalid ? schemaReason(lines) : void 0) ?? reason}`;
	return new DescriptionError([{
		where: basename(request.file),
		text,
		file: request.file
	}]);
}
function errorRecords(lines) {
	const records = [];
	for (const line of lines) {
		const parsed = logLine(line);
		if (parsed?.level === "ERROR") records.push([parsed.message]);
		else if (parsed === void 0 && line.trim() !== "") records.at(-1)?.push(line);
	}
	return records;
}
/**
* What the schema or its schematron rules object to, out of the lines that KIWI logs before its error. libxml2 gives
* lines of a temporary file, which are of no use; jing's report comes instead where that is installed.
*/
function schemaReason(lines) {
	const texts = lines.map((line) => logLine(line)?.message ?? line);
	const reasons = texts.flatMap((text) => {
		const relaxng = /:ERROR:RELAXNGV:\w+: (.+)$/.exec(text)?.[1];
		const jing = /:\d+:\d+: (?:fatal )?error: (.+)$/.exec(text)?.[1];
		return relaxng ?? jing ?? [];
	});
	const start = texts.findIndex((text) => text.startsWith("Schematron validation failed"));
	const rules = start === -1 ? [] : texts.slice(start + 1).flatMap((text) => /^--> (.+)$/.exec(text)?.[1]?.trim() ?? []);
	const all = [.../* @__PURE__ */ new Set([...reasons, ...rules])];
	return all.length === 0 ? void 0 : all.slice(0, 4).join("; ");
}
/**
* The schema version that a KIWI knows, `8.5`: the one value that its schema allows for `schemaversion` (KIWI:
* `schema/kiwi.rng`). KIWI turns older descriptions into it.
*
* @param kiwi path of kiwi-ng, a Python script or our launcher beside a Python
* @returns undefined when the schema cannot be found
*/
async function knownSchema(kiwi) {
	const find = "import importlib.util; print(importlib.util.find_spec(\"kiwi\").submodule_search_locations[0])";
	try {
		const [program = "python3", ...args] = await interpreter(kiwi);
		const { stdout } = await runCommand(program, [
			...args,
			"-c",
			find
		], {
			cwd: "/",
			timeoutSeconds: 60
		});
		const schema = await readFile(join(stdout.toString().trim(), "schema/kiwi.rng"), "utf8");
		return /<attribute name="schemaversion">[\s\S]*?<value>([\d.]+)<\/value>/.exec(schema)?.[1];
	} catch {
		return;
	}
}
async function interpreter(kiwi) {
	const script = await realpath(kiwi);
	const file = await open(script);
	try {
		const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
		return /^#!\s*(\S*python[\d.]*(?:[ \t].*)?|\/usr\/bin\/env .*)$/m.exec(buffer.toString("latin1", 0, bytesRead))?.[1]?.trim().split(/\s+/) ?? [join(dirname(script), "../bin/python")];
	} finally {
		await file.close();
	}
}
function isNewer(version, known) {
	const [a, b] = [version, known].map((text) => text.split(".").map(Number));
	for (let index = 0; index < Math.max(a?.length ?? 0, b?.length ?? 0); index += 1) {
		const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
		if (difference !== 0) return difference > 0;
	}
	return false;
}
// src/host/address.ts
/** An address without user and password, which its authority may hold (RFC 3986, 3.2.1): for logs and messages. */
function shownUri(uri) {
	return uri.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*@/i, "$1//");
}
/**
* What fetch takes for an address that holds user and password: it refuses them in the address itself, and wants them as
* basic authorization (RFC 7617).
*/
function authorizedFetch(uri, signal) {
	const url = new URL(uri);
	const { username, password } = url;
	if (username === "" && password === "") return fetch(url, { signal });
	url.username = "";
	url.password = "";
	const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
	return fetch(url, {
		signal,
		headers: { authorization: `Basic ${login}` }
	});
}
// src/host/apt-sources.ts
/**
* The sources of a one-line-style file. sources.list(5); lines of source packages and comments are left out.
*/
function oneLineSources(text) {
	return text.split("\n").flatMap((line) => {
		const [, options = "", uri, suite, components = ""] = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+[^\s#]\S*)*)\s*(?:#.*)?$/.exec(line) ?? [];
		if (uri === void 0 || suite === void 0) return [];
		const given = new Map(words(options).map((option) => splitAt(option, "=")));
		return [{
			uri,
			suite,
			components: words(components),
			...architecturesOf(given.get("arch")?.split(",")),
			...signedByOf(given.get("signed-by")?.split(",").join(" ")),
			trusted: given.get("trusted") === "yes"
		}];
	});
}
/**
* The sources of a deb822-style file: one for each URI and suite of its stanzas. sources.list(5), deb822(5); stanzas
* that are switched off or name source packages only are left out.
*/
function deb822Sources(text) {
	return stanzas(text).flatMap((fields) => {
		if (/^(no|false|0|off|without|disable)$/i.test(fields.get("enabled") ?? "yes")) return [];
		if (!words(fields.get("types") ?? "").includes("deb")) return [];
		const common = {
			components: words(fields.get("components") ?? ""),
			...architecturesOf(fields.has("architectures") ? words(fields.get("architectures") ?? "") : void 0),
			...signedByOf(fields.get("signed-by")),
			trusted: /^(yes|true|1|on|with|enable)$/i.test(fields.get("trusted") ?? "")
		};
		const suites = words(fields.get("suites") ?? "");
		return words(fields.get("uris") ?? "").flatMap((uri) => suites.map((suite) => ({
			uri,
			suite,
			...common
		})));
	});
}
/**
* Reads what this machine's apt reads from, in the order of apt.
*
* @param root where the machine's file tree starts
* @returns nothing where there is no apt
*/
async function readAptSources(root = "/") {
	const folder = join(root, "etc/apt/sources.list.d");
	const names = (await readdir(folder).catch(() => [])).toSorted();
	const files = [join(root, "etc/apt/sources.list"), ...names.map((name) => join(folder, name))];
	return (await Promise.all(files.map(async (file) => {
		const parse = file.endsWith(".sources") ? deb822Sources : file.endsWith(".list") ? oneLineSources : void 0;
		if (parse === void 0) return [];
		return parse(await readFile(file, "utf8").catch(() => ""));
	}))).flat();
}
/** The keyrings that apt trusts for every source, as sources without Signed-By use them; absolute paths below `root`. */
async function readTrustedKeyrings(root = "/") {
	const folder = join(root, "etc/apt/trusted.gpg.d");
	return (await readdir(folder).catch(() => [])).filter((name) => /\.(gpg|asc)$/.test(name)).toSorted().map((name) => join(folder, name));
}
function stanzas(text) {
	const found = [/* @__PURE__ */ new Map()];
	let last = "";
	for (const line of text.split("\n")) {
		const current = found.at(-1);
		const [, key, value = ""] = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line) ?? [];
		if (line.startsWith("#") || current === void 0) continue;
		if (line.trim() === "") found.push(/* @__PURE__ */ new Map());
		else if (key !== void 0) {
			last = key.toLowerCase();
			current.set(last, value.trim());
		} else if (/^\s/.test(line)) current.set(last, `${current.get(last) ?? ""}\n${continued(line)}`);
	}
	return found;
}
/** deb822(5): a continuation line starts with a space, and a dot alone stands for an empty line. */
function continued(line) {
	const text = line.slice(1).trimEnd();
	return text.trim() === "." ? "" : text;
}
function signedByOf(value) {
	if (value === void 0) return {};
	if (value.includes("-----BEGIN PGP PUBLIC KEY BLOCK-----")) return { signedBy: {
		kind: "text",
		text: `${value.split("\n").map((line) => line.trim()).join("\n").trim()}\n`
	} };
	const paths = words(value).filter((word) => word.startsWith("/"));
	return paths.length > 0 ? { signedBy: {
		kind: "files",
		paths
	} } : {};
}
function architecturesOf(names) {
	return names === void 0 || names.length === 0 ? {} : { architectures: names };
}
function words(text) {
	return text.split(/\s+/).filter((word) => word !== "");
}
function splitAt(text, separator) {
	const at = text.indexOf(separator);
	return at < 0 ? [text.toLowerCase(), ""] : [text.slice(0, at).toLowerCase(), text.slice(at + 1)];
}
// src/host/distribution.ts
const FAMILIES = [
	{
		ids: ["ubuntu"],
		packages: "ubuntu"
	},
	{
		ids: ["debian"],
		packages: "debian"
	},
	{
		ids: [
			"fedora",
			"rhel",
			"centos"
		],
		packages: "fedora"
	},
	{
		ids: [
			"suse",
			"opensuse",
			"sles"
		],
		packages: "suse"
	}
];
const INSTALLERS = {
	debian: "apt",
	fedora: "dnf",
	suse: "zypper"
};
/**
* The distribution that an os-release text names by `ID`, else by `ID_LIKE`.
*
* @param osRelease the text of /etc/os-release; os-release(5) has the format
* @returns undefined where neither is one whose package names we know
*/
function distribution(osRelease) {
	const fields = osReleaseFields(osRelease);
	const id = fields.get("ID") ?? "linux";
	const packages = [id, ...(fields.get("ID_LIKE") ?? "").split(/\s+/)].map((name) => FAMILIES.find((family) => family.ids.includes(name))).find((family) => family !== void 0)?.packages;
	if (packages === void 0) return void 0;
	const family = packages === "ubuntu" ? "debian" : packages;
	const codename = fields.get("UBUNTU_CODENAME") || fields.get("VERSION_CODENAME");
	const versionId = fields.get("VERSION_ID");
	return {
		id,
		family,
		packages,
		installer: INSTALLERS[family],
		...versionId ? { versionId } : {},
		...codename ? { codename } : {}
	};
}
/**
* Reads which distribution this machine runs.
*
* @param root where the machine's file tree starts
* @returns undefined where there is no os-release file, or one that we do not know
*/
async function readDistribution(root = "/") {
	for (const file of ["etc/os-release", "usr/lib/os-release"]) {
		const text = await readFile(join(root, file), "utf8").catch(() => void 0);
		if (text !== void 0) return distribution(text);
	}
}
function osReleaseFields(text) {
	const fields = /* @__PURE__ */ new Map();
	for (const line of text.split("\n")) {
		const [, key, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
		if (key !== void 0 && value !== void 0) fields.set(key, unquoted(value));
	}
	return fields;
}
function unquoted(value) {
	const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
	return (inner ?? value).replace(/\\([\\"'$`])/g, "$1");
}
// src/host/given-repository.ts
/**
* Reads one line of the input `repositories`, `URI [DISTRIBUTION [COMPONENTS…]]`.
*
* @returns a text where the line is wrong: what to write instead
*/
function givenRepository(line) {
	const [uri, distribution, ...components] = line.trim().split(/\s+/);
	if (uri === void 0 || uri === "") return "a line is empty: write URI [DISTRIBUTION [COMPONENTS…]]";
	const shown = shownUri(uri);
	if (uri.startsWith("/")) return `${shown} is no URI: write dir://${shown}`;
	if (!/^[a-z][a-z0-9+.-]*:./i.test(uri)) return `${shown} is no URI: write URI [DISTRIBUTION [COMPONENTS…]], http://… first`;
	if (uri.startsWith("obsrepositories:")) return `${uri} is what the lines of repositories stand for: write a real address`;
	return {
		uri,
		...distribution ? { distribution } : {},
		...components.length > 0 ? { components } : {}
	};
}
/** Reads all lines of the input, and gives every problem at once. */
function givenRepositories(lines) {
	const read = lines.map(givenRepository);
	return {
		given: read.filter((line) => typeof line !== "string"),
		problems: read.filter((line) => typeof line === "string").map((text) => ({
			where: "input repositories",
			text
		}))
	};
}
// src/host/mirror-probe.ts
const ANSWER_MILLISECONDS = 3e4;
/** The fields of a Release file stand before its lists of hashes. */
const HEAD_BYTES = 4096;
/**
* Whether a mirror really has a distribution: its `dists/NAME/InRelease`, or `Release` of those that sign apart.
*
* @param uri `http:`, `https:` or `file:`; every other kind is answered with no
* @param distribution the suite, such as `bookworm-security`
* @throws only where `signal` aborts: a mirror that does not answer within 30 s does not have it
*/
async function hasDistribution(uri, distribution, options = {}) {
	const base = uri.replace(/\/+$/, "");
	for (const name of ["InRelease", "Release"]) {
		const address = `${base}/dists/${distribution}/${name}`;
		const head = /^https?:/i.test(uri) ? await fetchedHead(address, options.signal) : await fileHead(address);
		if (head !== void 0) return options.origin === void 0 || originOf(head) === options.origin;
	}
	return false;
}
function originOf(release) {
	return /^Origin:[ \t]*(.*?)[ \t]*$/m.exec(release)?.[1];
}
async function fileHead(address) {
	if (!address.startsWith("file:")) return void 0;
	const file = await open(join("/", address.slice(5))).catch(() => void 0);
	if (file === void 0) return void 0;
	try {
		const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
		return buffer.toString("utf8", 0, bytesRead);
	} finally {
		await file.close();
	}
}
async function fetchedHead(address, signal) {
	for (let attempt = 1; attempt <= 2; attempt += 1) {
		const limit = AbortSignal.timeout(ANSWER_MILLISECONDS);
		try {
			const response = await authorizedFetch(address, signal ? AbortSignal.any([signal, limit]) : limit);
			if (response.ok) return await firstBytes(response);
			await response.body?.cancel();
			if (response.status < 500) return void 0;
		} catch {
			signal?.throwIfAborted();
			if (limit.aborted) return void 0;
		}
	}
}
async function firstBytes(response) {
	let text = "";
	const decoder = new TextDecoder();
	for await (const chunk of response.body ?? []) {
		text += decoder.decode(chunk, { stream: true });
		if (text.length >= HEAD_BYTES) break;
	}
	return text;
}
// src/host/mirrors.ts
const X86 = [
	"x86_64",
	"i586",
	"i686",
	"ix86"
];
const DEBIAN_COMPONENTS = ["main"];
const UBUNTU_COMPONENTS = ["main", "universe"];
/** The public mirrors that stand in where this machine's own do not have the distribution asked for. */
const publicMirrors = [{
	name: "debian",
	origin: "Debian",
	codenames: [
		"bullseye",
		"bookworm",
		"trixie",
		"forky",
		"duke",
		"oldoldstable",
		"oldstable",
		"stable",
		"testing"
	],
	rolling: ["sid", "unstable"],
	keyring: {
		path: "/usr/share/keyrings/debian-archive-keyring.gpg",
		packages: {
			debian: "debian-archive-keyring",
			ubuntu: "debian-archive-keyring",
			fedora: "debian-keyring"
		}
	},
	archives: [{
		uri: "http://ftp.debian.org/debian",
		suites: ["{codename}", "{codename}-updates"],
		components: DEBIAN_COMPONENTS
	}, {
		uri: "http://security.debian.org/debian-security",
		suites: ["{codename}-security"],
		components: DEBIAN_COMPONENTS
	}]
}, {
	name: "ubuntu",
	origin: "Ubuntu",
	codenames: [
		"focal",
		"jammy",
		"noble",
		"plucky",
		"questing",
		"resolute"
	],
	rolling: [],
	keyring: {
		path: "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
		packages: {
			debian: "ubuntu-keyring",
			ubuntu: "ubuntu-keyring",
			fedora: "ubu-keyring"
		}
	},
	archives: [
		{
			uri: "http://archive.ubuntu.com/ubuntu",
			suites: ["{codename}", "{codename}-updates"],
			components: UBUNTU_COMPONENTS,
			architectures: X86
		},
		{
			uri: "http://security.ubuntu.com/ubuntu",
			suites: ["{codename}-security"],
			components: UBUNTU_COMPONENTS,
			architectures: X86
		},
		{
			uri: "http://ports.ubuntu.com/ubuntu-ports",
			suites: [
				"{codename}",
				"{codename}-updates",
				"{codename}-security"
			],
			components: UBUNTU_COMPONENTS
		}
	]
}];
/** The family that a codename belongs to. */
function familyOf(mirrors, codename) {
	return mirrors.find((family) => [...family.codenames, ...family.rolling].includes(codename));
}
/** What the public mirrors offer of a distribution: each suite once, from the first archive that has the architecture. */
function publicSuites(family, codename, architecture) {
	const suites = /* @__PURE__ */ new Map();
	for (const archive of family.archives) {
		if (archive.architectures && !archive.architectures.includes(architecture)) continue;
		for (const pattern of archive.suites) {
			const suite = pattern.replaceAll("{codename}", codename);
			if (family.rolling.includes(codename) && suite !== codename) continue;
			if (!suites.has(suite)) suites.set(suite, {
				uri: archive.uri,
				suite,
				components: archive.components
			});
		}
	}
	return [...suites.values()];
}
/**
* Reads a table that takes the place of `publicMirrors`, of the same shape, as JSON.
*
* @throws HostError where the file cannot be read or is no such table
*/
async function readMirrors(path) {
	const remedy = "it must be a JSON list of families like that of src/host/mirrors.ts";
	try {
		const value = JSON.parse(await readFile(path, "utf8"));
		if (Array.isArray(value) && value.every(isFamily)) return value;
	} catch (error) {
		throw new HostError("host-mirror-table", `the mirror table ${path} cannot be read (${error instanceof Error ? error.message : error})`, remedy);
	}
	throw new HostError("host-mirror-table", `the mirror table ${path} has another shape`, remedy);
}
function isFamily(value) {
	if (!isJsonObject(value) || typeof value["name"] !== "string" || typeof value["origin"] !== "string") return false;
	const { keyring, archives } = value;
	if (!isTexts(value["codenames"]) || !isTexts(value["rolling"])) return false;
	if (!isJsonObject(keyring) || typeof keyring["path"] !== "string" || !isJsonObject(keyring["packages"])) return false;
	return Array.isArray(archives) && archives.every(isArchive);
}
function isArchive(value) {
	if (!isJsonObject(value) || typeof value["uri"] !== "string") return false;
	if (value["architectures"] !== void 0 && !isTexts(value["architectures"])) return false;
	return isTexts(value["suites"]) && isTexts(value["components"]);
}
function isTexts(value) {
	return Array.isArray(value) && value.every((text) => typeof text === "string");
}
// src/host/debian-architecture.ts
const DEBIAN_ARCHITECTURES = {
	x86_64: "amd64",
	aarch64: "arm64",
	i586: "i386",
	i686: "i386",
	ix86: "i386",
	armv7l: "armhf",
	armv7hl: "armhf",
	ppc64le: "ppc64el"
};
/** Debian's name of an architecture, by KIWI's: `amd64` for `x86_64`. */
function debianArchitecture(architecture) {
	return DEBIAN_ARCHITECTURES[architecture] ?? architecture;
}
// src/host/mirror-list.ts
const FETCH_MILLISECONDS = 3e4;
/**
* The mirrors of a mirror list, the preferred ones first: by `priority:`, smaller before larger, entries without one
* last; those of equal priority in the order of the list. apt-transport-mirror(1)
*
* @param architecture Debian's name; entries of other architectures (`arch:`) are left out
*/
function mirrorListUris(text, architecture) {
	return text.split("\n").flatMap((line) => {
		const [uri, ...metadata] = line.replace(/#.*/, "").trim().split(/\s+/);
		if (uri === void 0 || uri === "") return [];
		const values = (key) => metadata.filter((word) => word.startsWith(`${key}:`)).map((word) => word.slice(key.length + 1));
		const architectures = values("arch");
		if (architectures.length > 0 && !architectures.includes(architecture)) return [];
		return [{
			uri,
			priority: Number(values("priority")[0] ?? Number.POSITIVE_INFINITY)
		}];
	}).toSorted((a, b) => a.priority === b.priority ? 0 : a.priority - b.priority).map((entry) => entry.uri);
}
/**
* The addresses that a URI of a source stands for, the preferred one first: itself, or what its mirror list holds.
* A list that cannot be read stands for none.
*
* @param root where the machine's file tree starts
*/
async function resolvedUris(uri, options) {
	const address = /^mirror(?:\+([a-z]+))?:(.*)$/.exec(uri);
	if (address === null) return [uri];
	const [, transport = "http", rest = ""] = address;
	const path = rest.replace(/^\/\/(?=\/)/, "");
	return mirrorListUris(transport === "file" || transport === "copy" ? await readFile(join(options.root ?? "/", path), "utf8").catch(() => "") : await fetchText(`${transport}:${rest}`, options.signal), options.architecture);
}
async function fetchText(address, signal) {
	const limit = AbortSignal.timeout(FETCH_MILLISECONDS);
	try {
		const response = await authorizedFetch(address, signal ? AbortSignal.any([signal, limit]) : limit);
		return response.ok ? await response.text() : "";
	} catch {
		signal?.throwIfAborted();
		return "";
	}
}
// src/host/repositories.ts
/**
* What `obsrepositories:/`, "the repositories of whoever builds this" (KIWI's system/uri.py), stands for on this machine:
* the lines of the input exactly as they are, else this machine's own sources of the distribution with their updates
* and security suites, else a public mirror.
*
* Keyrings of the machine's sources: what Signed-By says; without it the keyring of the distribution family where that
* exists, else everything in /etc/apt/trusted.gpg.d. None for sources with `trusted=yes`, which are therefore passed
* over where the description asks for `repository_gpgcheck`.
*
* @throws InputError where the input `repositories` is needed: no distribution is named and the machine has none, or
*   no public mirror is known
* @throws HostError where the public mirror does not answer either
*/
async function repositorySources(question) {
	const { element, given, machine, mirrors } = question;
	if (given.length > 0) return givenSources(question);
	const distribution = element.distribution ?? machine.codename;
	if (distribution === void 0) throw setRepositories(element, "names no distribution and this machine runs no Debian or Ubuntu");
	const family = familyOf(mirrors, distribution);
	const own = await machineSources(question, distribution, family);
	if (own.sources.length === 0) return {
		sources: (await publicSources(question, distribution, family)).map((source) => including(source, element)),
		notes: own.notes
	};
	if (!element.imageInclude) return own;
	if (own.sources.map((source) => isPublic(source, family)).every((yes) => yes)) return {
		...own,
		sources: own.sources.map((source) => including(source, element))
	};
	if (family === void 0) throw setRepositories(element, `puts the mirror of ${distribution} into the image, and no public one is known`);
	const inImage = familySources(question, distribution, family).map((source) => ({
		...source,
		imageOnly: true
	}));
	return {
		...own,
		sources: [...inImage, ...own.sources]
	};
}
async function givenSources({ given, element, machine, mirrors }) {
	const sources = given.map(async (line) => {
		const own = machine.sources.find((source) => sameUri(source.uri, line.uri) && !source.trusted);
		const codename = line.distribution?.replace(/-(updates|security|backports|proposed|proposed-updates)$/, "");
		const family = codename === void 0 ? void 0 : familyOf(mirrors, codename);
		const keys = own?.signedBy || !family ? await keysOf(own, family, machine) : { keyrings: [family.keyring.path] };
		return including({
			...line,
			...keys
		}, element);
	});
	return {
		sources: await Promise.all(sources),
		notes: []
	};
}
async function machineSources(question, distribution, family) {
	const { element, machine } = question;
	const architecture = debianArchitecture(machine.architecture);
	const wanted = [
		`${distribution}-security`,
		`${distribution}-updates`,
		distribution
	];
	const fitting = machine.sources.filter((source) => wanted.includes(source.suite) && (source.architectures?.includes(architecture) ?? true));
	const notes = [];
	const usable = fitting.filter((source) => !(source.trusted && element.repositoryGpgcheck));
	for (const source of fitting.filter((one) => !usable.includes(one))) notes.push(`${shownUri(source.uri)} ${source.suite} is passed over: it has trusted=yes, and repository_gpgcheck asks for signatures`);
	const found = [];
	for (const suite of wanted) for (const source of merged(usable.filter((one) => one.suite === suite))) {
		const uri = await reachable(source, question, family);
		if (uri === void 0) {
			notes.push(`${shownUri(source.uri)} is passed over: it has no ${suite} of ${family?.origin ?? distribution}, or does not answer`);
			continue;
		}
		const components = element.components ?? source.components;
		found.push({
			uri,
			distribution: suite,
			components,
			...await keysOf(source, family, machine)
		});
	}
	return {
		sources: found.some((source) => source.distribution === distribution) ? found : [],
		notes
	};
}
/** The address to use of a source. A PPA or a vendor's repository of the same suite is not of the distribution. */
async function reachable(source, { machine, probe, signal }, family) {
	const architecture = debianArchitecture(machine.architecture);
	const uris = await resolvedUris(source.uri, {
		architecture,
		...machine.root ? { root: machine.root } : {},
		...signal ? { signal } : {}
	});
	for (const uri of uris.map((one) => one.replace(/^copy:/, "file:"))) if (/^(https?|file):/i.test(uri) && await probe(uri, source.suite, family?.origin)) return uri;
}
async function publicSources(question, distribution, family) {
	const { element, probe } = question;
	if (family === void 0) throw setRepositories(element, `asks for ${distribution}, which neither this machine's sources nor a known mirror has`);
	const sources = familySources(question, distribution, family);
	const main = sources.at(-1);
	if (main === void 0 || !await probe(main.uri, distribution)) throw new HostError("host-mirror", `neither this machine's sources nor the public mirror ${main ? shownUri(main.uri) : family.name} answer for ${distribution}`, "check the network, or set `repositories` to a mirror that this machine reaches");
	return sources;
}
function familySources({ element, machine }, distribution, family) {
	const sources = publicSuites(family, distribution, machine.architecture).map((suite) => ({
		uri: suite.uri,
		distribution: suite.suite,
		components: element.components ?? suite.components,
		keyrings: [family.keyring.path]
	}));
	const isMain = (source) => source.distribution === distribution;
	return [...sources.filter((source) => !isMain(source)), ...sources.filter(isMain)];
}
/** Stanzas and lines of one address and suite are one repository with the components of all. */
function merged(sources) {
	const byUri = /* @__PURE__ */ new Map();
	for (const source of sources) {
		const key = source.uri.replace(/\/+$/, "");
		const before = byUri.get(key);
		const components = [.../* @__PURE__ */ new Set([...before?.components ?? [], ...source.components])];
		byUri.set(key, {
			...before ?? source,
			components
		});
	}
	return [...byUri.values()];
}
async function keysOf(source, family, machine) {
	if (source === void 0 || source.trusted) return { keyrings: [] };
	if (source.signedBy?.kind === "files") return { keyrings: source.signedBy.paths };
	if (source.signedBy?.kind === "text") return {
		keyrings: [],
		keyringText: source.signedBy.text
	};
	if (family && await machine.isFile(family.keyring.path)) return { keyrings: [family.keyring.path] };
	return { keyrings: machine.trustedKeyrings };
}
function including(source, element) {
	return element.imageInclude ? {
		...source,
		imageInclude: true
	} : source;
}
function isPublic(source, family) {
	return family?.archives.some((archive) => sameUri(archive.uri, source.uri)) ?? false;
}
function sameUri(left, right) {
	const plain = (uri) => uri.replace(/^https?:/i, "").replace(/\/+$/, "");
	return plain(left) === plain(right);
}
function setRepositories(element, why) {
	return new InputError([{
		where: "input repositories",
		text: `obsrepositories:/${element.where ? ` of ${element.where}` : ""} ${why}: set repositories to URI [DISTRIBUTION [COMPONENTS…]] lines`
	}]);
}
// src/job/placeholders.ts
/**
* What stands for each `obsrepositories:/` of the description, by the index of its element. Asks mirrors.
*
* @throws InputError where the input `repositories` is needed; HostError where no mirror answers
*/
async function answeredPlaceholders(source, facts) {
	if (source.placeholders.length === 0) return /* @__PURE__ */ new Map();
	const codename = (await readDistribution())?.codename;
	const machine = {
		sources: await readAptSources(),
		...codename === void 0 ? {} : { codename },
		architecture: facts.architecture,
		trustedKeyrings: await readTrustedKeyrings(),
		isFile: async (path) => (await stat(path).catch(() => void 0))?.isFile() === true
	};
	const { given } = givenRepositories(source.repositories);
	const answers = /* @__PURE__ */ new Map();
	for (const element of source.placeholders) {
		const { sources, notes } = await repositorySources({
			element,
			given,
			machine,
			mirrors: facts.mirrors,
			signal: facts.signal,
			probe: (uri, distribution, origin) => hasDistribution(uri, distribution, {
				...origin === void 0 ? {} : { origin },
				signal: facts.signal
			})
		});
		for (const note of notes) facts.report.info(note);
		const written = sources.map(async ({ keyringText, keyrings, ...rest }, position) => {
			const { uri, distribution = "", components = [] } = rest;
			facts.report.info(`obsrepositories:/ of ${element.where}: ${[
				shownUri(uri),
				distribution,
				...components
			].join(" ")}`);
			const file = join(facts.keyFolder, `${element.index}-${position}.asc`);
			return {
				...rest,
				keyrings: keyringText === void 0 ? keyrings : [await writtenKey(file, keyringText)]
			};
		});
		answers.set(element.index, await Promise.all(written));
	}
	return answers;
}
async function writtenKey(file, text) {
	await mkdir(join(file, ".."), { recursive: true });
	await putText(file, text);
	return file;
}
// src/job/publish.ts
/** Where the plan's exports go. */
function plannedDestinations(plan) {
	return plan.exports.map((text) => {
		const name = parseDestination(text);
		if ("problem" in name) throw new Error(`the plan holds a destination that is none: ${name.problem}`);
		return name;
	});
}
// src/job/savings.ts
/** Words of whoever looks at the initrd of packages before KIWI has put its own in its place. */
const INITRD_WORDS = /initr|dracut|\/boot\b/i;
/** Scripts are shorter. */
const LIMIT_BYTES = 2 ** 20;
/** `--set-type-attr`, also shortened: then the type that KIWI builds is not quite the one of the description. */
const TYPE_ARGUMENT = /^--set-t/;
/** Of KIWI, and not run in the image. */
const DESCRIPTION_FILE = /\.(?:xml|kiwi|ya?ml)$/;
/**
* What of a build may be left out so that the disk stays the same.
*
* @param folder the staged description, whose scripts and overlay files are read
*/
async function descriptionSavings(source, folder) {
	const { packageManager, selected } = source;
	return {
		packageManager,
		replacesInitrd: packageManager === "apt" && selected.replacesInitrd && !source.buildArguments.some((argument) => TYPE_ARGUMENT.test(argument)) && !await namesInitrd(folder)
	};
}
async function namesInitrd(folder) {
	for (const entry of await readdir(folder, {
		recursive: true,
		withFileTypes: true
	})) {
		if (!entry.isFile() || entry.parentPath === folder && DESCRIPTION_FILE.test(entry.name)) continue;
		if (await fileNamesInitrd(join(entry.parentPath, entry.name))) return true;
	}
	return false;
}
async function fileNamesInitrd(file) {
	if ((await lstat(file)).size > LIMIT_BYTES) return false;
	return await readFile(file, "latin1").then((text) => INITRD_WORDS.test(text), () => true);
}
// src/job/description.ts
/** Packages that no build used for so long go. */
const KEPT_DAYS = 30;
/**
* Stages the description with what `obsrepositories:/` stands for, and has KIWI judge it.
*
* @throws DescriptionError, InputError, HostError
*/
async function prepareDescription(plan, source, kiwi, job) {
	const { report, signal, machine, workFolder } = job;
	const description = await readDescription(await findDescription(source.file));
	const repositories = await answeredPlaceholders(source, {
		architecture: machine.architecture,
		mirrors: machine.mirrors,
		keyFolder: join(workFolder, "keys"),
		report,
		signal
	});
	const folder = await stageDescription(description, join(workFolder, "description"), {
		repositories,
		leaveOut: [...await jobFolders(workFolder), ...exportPaths(plan)]
	});
	await checkDescription({
		...selection(source),
		kiwi: kiwi.path,
		kiwiVersion: kiwi.version,
		description: folder,
		file: source.file,
		schemaVersion: source.schemaVersion,
		workFolder,
		offered: machine.offered,
		signal
	});
	return {
		source,
		kiwi,
		folder,
		fastBuild: plan.fastBuild
	};
}
/**
* Builds the raw disk, with the packages of earlier jobs at hand.
*
* @throws KiwiError, HostError, InputError, CommandError
*/
async function buildDescription(prepared, job) {
	const { source, kiwi, folder } = prepared;
	const { machine, workFolder, report, signal } = job;
	const sharedCache = join(workFolder, "cache");
	const packages = await offeredPackages(prepared, sharedCache, job);
	const savings = prepared.fastBuild ? await descriptionSavings(source, folder) : void 0;
	report.info(savings === void 0 ? "fast-build is off: KIWI builds as it does by itself" : savingsText(savings));
	const supervisor = asRoot(await findPrivileges(), machine.nodePath, [machine.supervisorPath]);
	await chmod(workFolder, 457);
	const built = await buildDisk({
		...selection(source),
		kiwi: kiwi.path,
		description: folder,
		workFolder,
		sharedCache,
		buildArguments: source.buildArguments,
		offered: machine.offered,
		...savings === void 0 ? {} : { savings },
		supervisor,
		owner: machine.owner,
		caller: await thisCaller(),
		report,
		now: machine.now,
		signal
	}).finally(() => chmod(workFolder, 448));
	await packages.keep();
	return built;
}
/** This job's folders and those of others beside it: with `work-dir` in the description they would become a part of it. */
async function jobFolders(workFolder) {
	const parent = dirname(workFolder);
	return [workFolder, ...(await readdir(parent).catch(() => [])).filter((name) => name.startsWith(WORK_PREFIX)).map((name) => join(parent, name))];
}
/** What earlier jobs exported into the description's folder is no part of it either. */
function exportPaths(plan) {
	return plannedDestinations(plan).flatMap((name) => "path" in name ? [resolve(name.path)] : []);
}
function selection({ type, profiles, globalArguments }) {
	return {
		...type === void 0 ? {} : { type },
		profiles,
		globalArguments
	};
}
/** Puts kept packages where KIWI looks for them; what `keep` does is said of the build's own afterwards. */
async function offeredPackages({ source, folder }, sharedCache, job) {
	const { caches, report, machine } = job;
	if (caches.folder === void 0) return { keep: async () => {} };
	const kept = join(caches.folder, "packages", packagesFolder(source.packageManager, machine.architecture));
	const entry = {
		key: packagesKey(await fingerprint(folder), machine.architecture, source.packageManager),
		folder: kept,
		what: "the packages of earlier jobs",
		accepts: isPackage
	};
	const restored = caches.remote !== void 0 && await caches.remote.restore(entry);
	const count = await offerPackages(kept, sharedCache, report);
	if (count > 0) report.info(`${count} packages of earlier jobs are at hand`);
	return { keep: async () => {
		const fresh = await keepPackages(sharedCache, kept, machine.now(), report);
		await prunePackages(kept, KEPT_DAYS, machine.now(), report);
		if (fresh > 0) report.info(`${fresh} packages are kept for later jobs`);
		if (!restored && fresh > 0) await caches.remote?.save(entry);
	} };
}
// src/job/job.ts
/** The same job until another signal aborts, its calls to registries among it. */
function jobUntil(job, signal) {
	return {
		...job,
		signal,
		access: {
			...job.access,
			signal
		}
	};
}
// src/job/together.ts
/**
* Runs two things at once. When one fails, the other is canceled and waited for, so that nothing of it goes on behind
* the error.
*
* @returns both results
* @throws what failed first
*/
async function together(signal, [first, second]) {
	const failing = new AbortController();
	const either = AbortSignal.any([signal, failing.signal]);
	let failure;
	const run = async (task) => {
		try {
			return await task(either);
		} catch (error) {
			failure ??= { error };
			failing.abort();
			return;
		}
	};
	const results = await Promise.all([run(first), run(second)]);
	if (failure) throw failure.error;
	return results;
}
// src/job/build.ts
/**
* Builds the disk, or takes the given one, and wraps it. What can be asked is asked first: the base, the registries of
* the tags, the disk or the description, the space. The base is fetched while KIWI works.
*
* @param kiwi to build a description with
* @throws InputError, DescriptionError, HostError, RegistryError, KiwiError, ImageError
*/
async function buildImage(plan, job, kiwi) {
	const { report, stopwatch, signal } = job;
	report.group("Check base, registries and disk");
	const { base, disk } = await stopwatch.time("Checks", async () => {
		await requireSkopeo(job.access);
		const ready = () => readySource(plan, job, kiwi);
		const given = plan.source.kind === "disk" ? await ready() : void 0;
		await checkDestinations(plannedDestinations(plan), plan.names, job.access, {
			reads: readFiles(plan),
			...plan.exportsSource === void 0 ? {} : { chosenBy: plan.exportsSource }
		});
		if (plan.push) await checkTargets(plan.tags, job.access);
		if (plan.pushByDigest !== void 0) await checkTargets([plan.pushByDigest], job.access);
		return {
			base: await resolvePlannedBase(plan, job),
			disk: given ?? await ready()
		};
	});
	report.endGroup();
	const [fetched, raw] = await together(signal, [(until) => base ? stopwatch.time("Base", () => fetchPlannedBase(base, plan, jobUntil(job, until))) : void 0, (until) => disk(jobUntil(job, until))]);
	const written = await writeChildren(plan, {
		raw,
		base: fetched
	}, job);
	await discard(plan, raw, written.disk, job);
	return {
		workFolder: job.workFolder,
		...written,
		layerSizeBytes: written.children[0]?.layerSizeBytes ?? 0,
		...fetched ? { base: {
			name: fetched.publishedName,
			digest: fetched.digest
		} } : {},
		...kiwi ? { kiwi: { version: kiwi.version } } : {},
		phases: stopwatch.phases
	};
}
/** What nobody needs any more; the layout and the disk stay as long as the job. */
async function discard(plan, raw, used, job) {
	for (const name of [
		"base",
		"cache",
		"description",
		"keys"
	]) await rm(join(job.workFolder, name), {
		recursive: true,
		force: true
	});
	if (plan.source.kind === "description" && used.file !== raw.file) await rm(raw.file, { force: true });
}
async function readySource(plan, job, kiwi) {
	if (plan.source.kind === "disk") return readyDisk(plan, plan.source, job);
	if (kiwi === void 0) throw new Error("a description without kiwi-ng");
	const lack = hostError(await buildLacks(plan, job.workFolder));
	if (lack) throw lack;
	await checkFormatOptions(plan, job);
	const prepared = await prepareDescription(plan, plan.source, kiwi, job);
	return async (running) => {
		const built = await running.stopwatch.time("KIWI", () => buildDescription(prepared, running));
		running.stopwatch.add(built.phases.map(({ title, seconds }) => ({
			name: `KIWI: ${title}`,
			seconds
		})));
		const raw = {
			...await inspectDisk(built.disk, "raw", running.signal),
			file: built.disk
		};
		await checkArchitecture(plan, raw, running);
		return raw;
	};
}
async function readyDisk(plan, source, job) {
	const disk = {
		...await inspectDisk(source.path, void 0, job.signal),
		file: source.path
	};
	await checkArchitecture(plan, disk, job);
	await checkDiskSpace(plan, disk, job);
	return async () => disk;
}
// src/job/stopwatch.ts
/** Measures phases by a clock that is handed in, in milliseconds. */
var Stopwatch = class {
	#now;
	#phases = [];
	constructor(now) {
		this.#now = now;
	}
	/** Phases that ran, in the order in which they first ended; one that ran several times has its seconds together. */
	get phases() {
		return [...this.#phases];
	}
	/** Takes over phases that were measured elsewhere. */
	add(phases) {
		this.#phases.push(...phases);
	}
	async time(name, run) {
		const since = this.#now();
		try {
			return await run();
		} finally {
			const seconds = (this.#now() - since) / 1e3;
			const at = this.#phases.findIndex((phase) => phase.name === name);
			if (at < 0) this.#phases.push({
				name,
				seconds
			});
			else this.#phases[at] = {
				name,
				seconds: seconds + (this.#phases[at]?.seconds ?? 0)
			};
		}
	}
};
// src/job/holder.ts
const BOOT_FILE = "/proc/sys/kernel/random/boot_id";
const PLACE = [
	"host",
	"boot",
	"namespace"
];
/** File systems of one machine alone, by statfs(2): ext, XFS, Btrfs, F2FS, ZFS, bcachefs, overlay. */
const LOCAL = [
	61267,
	1481003842,
	2435016766,
	4076150800,
	801189825,
	3393526350,
	2035054128
];
/** A job of the runner that this process works for. */
async function thisJob(job) {
	const place = job && await thisPlace();
	return place && {
		...place,
		...job
	};
}
async function thisPlace() {
	try {
		const [boot, namespace] = await Promise.all([readFile(BOOT_FILE, "utf8"), readlink("/proc/self/ns/pid")]);
		return {
			host: hostname(),
			boot: boot.trim(),
			namespace
		};
	} catch {
		return;
	}
}
/** The holder that `JSON.stringify` wrote; undefined for anything else. */
function parseHolder(text) {
	let value;
	try {
		value = JSON.parse(text);
	} catch {
		return;
	}
	if (!isJsonObject(value)) return void 0;
	const areTexts = (names) => names.every((name) => typeof value[name] === "string");
	if (!areTexts(PLACE)) return void 0;
	if (areTexts(["temp", "job"])) return value;
	return areTexts(["started"]) && Number.isInteger(value["pid"]) && Number(value["pid"]) > 0 ? value : void 0;
}
/**
* Whether the holder of a folder works no more, as far as the one who asks can know it: a process of this machine and of our
* namespace that is gone, another job of our runner, which runs one at a time, or either from before the machine's last
* start. What cannot be known is taken for alive: runners in containers have one path, cloned machines one name, and both
* may share a folder.
*
* @param parent of the folder, absolute
*/
async function isDead(holder, asking, parent) {
	const isHere = holder.host === asking.host && holder.boot === asking.boot && holder.namespace === asking.namespace;
	if (holder.host === asking.host && holder.boot !== asking.boot && await isLocal(parent)) return true;
	if ("pid" in holder) return isHere && await processStart(holder.pid) !== holder.started;
	return "job" in asking && holder.temp === asking.temp && holder.job !== asking.job && (isHere || parent === holder.temp);
}
/** Whether no other machine can have the folder too. */
async function isLocal(folder) {
	const type = await statfs(folder).then((found) => found.type, () => void 0);
	return type !== void 0 && LOCAL.includes(type);
}
// src/job/temporaries.ts
/** Nothing else than such names is ever removed, whoever wrote down a prefix. */
const PREFIX = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.$/;
/** Those that `JSON.stringify` wrote, other fields beside them; none where there are none. */
function parseTemporaries(text) {
	const none = {
		inside: [],
		prefix: ""
	};
	try {
		const { inside, prefix } = JSON.parse(text);
		return Array.isArray(inside) && inside.every((folder) => typeof folder === "string") && typeof prefix === "string" && PREFIX.test(prefix) ? {
			inside,
			prefix
		} : none;
	} catch {
		return none;
	}
}
/** Removes what a process that was killed left in folders of others, which stay. Throws nothing. */
async function removeTemporaries({ inside, prefix }) {
	for (const folder of inside) {
		const names = await readdir(folder).catch(() => []);
		for (const name of names.filter((each) => each.startsWith(prefix) && each.endsWith(".tmp"))) await rm(join(folder, name), {
			recursive: true,
			force: true
		}).catch(() => {});
	}
}
// src/job/sweep.ts
/**
* Removes what jobs left that were killed with all that looked after them, mounts and loop devices among it. Folders of
* jobs that may still work, or whose holder is not known, are left alone. What cannot be removed is told as a warning.
*/
async function sweepFolders({ parents, asking, uid, supervisor, report }) {
	for (const parent of new Set(parents)) {
		const names = await readdir(parent).catch(() => []);
		for (const name of names.filter(isJobFolder)) {
			const folder = join(parent, name);
			const marker = await markerOf(folder, uid);
			if (!(marker === void 0 ? await removeUnmarked(folder) : await isOfDead(marker, asking, parent))) continue;
			report.info(`removing ${folder}, which a job left that was killed`);
			await removeTemporaries(parseTemporaries(marker ?? ""));
			await removeAbandoned([folder], supervisor, report);
		}
	}
}
/**
* What stands in the marker of a folder of this user: nothing where it belongs to nobody, as a folder of others and what cannot
* be read. Undefined where there is none.
*/
async function markerOf(folder, uid) {
	const itself = await lstat(folder).catch(() => void 0);
	if (!itself?.isDirectory() || itself.uid !== uid) return "";
	try {
		return (await lstat(join(folder, ".kiwi-oci"))).isFile() ? await readFile(join(folder, MARKER), "utf8") : "";
	} catch (error) {
		return error instanceof Error && "code" in error && error.code === "ENOENT" ? void 0 : "";
	}
}
async function isOfDead(marker, asking, parent) {
	const holder = parseHolder(marker);
	return holder !== void 0 && await isDead(holder, asking, parent);
}
/**
* A job was killed between making its folder and marking it, or removed all but the folder; one that only is slow makes
* another (`makeJobFolder`). Anything else in it, and it stays.
*
* @returns whether it is gone
*/
async function removeUnmarked(folder) {
	try {
		const names = await readdir(folder);
		if (!names.every(isTemporaryName)) return false;
		for (const name of names) await rm(join(folder, name));
		await rmdir(folder);
		return true;
	} catch {
		return false;
	}
}
// src/steps/logins.ts
/** Does something with the logins of a build's plan. Throws what `withLogins` does. */
async function withAccess(plan, inputs, around, step, use) {
	return await withLogins({
		...plan,
		registries: registries(plan)
	}, inputs, around, step, use);
}
/**
* Does something with the job's logins in a folder that only we can read, which goes when it is done.
*
* @throws RegistryError when the registry does not accept the login, and whatever `use` throws
*/
async function withLogins(needs, inputs, around, step, use) {
	const { login, authfile } = inputs;
	const registry = inputs.registry ?? needs.loginRegistry;
	const folder = await makeJobFolder(around.temp, "login-", step);
	try {
		const secrets = login ? loginForms(login) : [];
		const access = {
			loginFiles: around.loginFiles,
			tlsVerify: needs.tlsVerify,
			tmpFolder: step.tmpFolder,
			environment: skopeoEnvironment(process.env, secrets),
			report: step.report,
			signal: step.signal
		};
		const prepared = await prepareLogins({
			folder,
			...login && registry !== void 0 ? { login: {
				...login,
				registry
			} } : {},
			...authfile === void 0 ? {} : { authfile },
			files: around.loginFiles,
			registries: needs.registries
		}, access);
		const proxies = Object.values(around.proxies).flatMap(addressForms);
		return await use({
			...access,
			...prepared,
			secrets: [...prepared.secrets, ...proxies]
		});
	} finally {
		await removeMarked(folder);
	}
}
/** The registries that a plan talks to. */
function registries(plan) {
	const named = [parseBase(plan.base), ...plan.exports.map(parseDestination)].flatMap((name) => typeof name === "object" && "reference" in name ? [name.reference.registry] : []);
	const { pushByDigest } = plan;
	const tagged = [...plan.tags, ...pushByDigest === void 0 ? [] : [pushByDigest]].flatMap((reference) => {
		const parsed = parseTag(reference);
		return "problem" in parsed ? [] : [parsed.reference.registry];
	});
	return [.../* @__PURE__ */ new Set([...named, ...tagged])];
}
// src/steps/mirrors.ts
/** The table of public mirrors, ours or the one that `KIWI_OCI_MIRRORS` names. */
async function plannedMirrors(around) {
	return around.mirrorsFile === void 0 ? publicMirrors : readMirrors(around.mirrorsFile);
}
// src/steps/buildjob.ts
/** What a job that was killed left where this one works: it takes space that is asked for. */
async function sweep(plan, { around, holder, report }) {
	if (holder === void 0) return;
	await sweepFolders({
		parents: [resolve(plan.workDirectory ?? around.temp), around.temp],
		asking: holder,
		uid: around.uid,
		supervisor: around,
		report
	});
}
/** Builds in a folder of its own; the caller removes what `keep` was told of. */
async function runBuild(step) {
	const { plan, around, report, signal, remote } = step;
	await sweep(plan, step);
	const workFolder = await makeWorkFolder({
		temp: around.temp,
		...plan.workDirectory === void 0 ? {} : { given: plan.workDirectory }
	}, step);
	const stopwatch = new Stopwatch(() => Date.now());
	stopwatch.add(step.phases);
	const job = {
		workFolder,
		machine: {
			architecture: around.architecture,
			mirrors: await plannedMirrors(around),
			nodePath: around.nodePath,
			supervisorPath: around.supervisorPath,
			owner: {
				uid: around.uid,
				gid: around.gid
			},
			offered: offered(around, plan),
			now: () => Date.now()
		},
		caches: plan.cache ? {
			folder: around.cacheFolder,
			...remote ? { remote } : {}
		} : {},
		report,
		stopwatch,
		signal
	};
	return withAccess(plan, step.inputs, around, {
		...step,
		tmpFolder: workFolder
	}, (access) => buildImage(plan, {
		...job,
		access
	}, step.kiwi));
}
function offered(around, plan) {
	const epoch = plan.sourceDateEpoch;
	return {
		...around.proxies,
		...epoch === void 0 ? {} : { SOURCE_DATE_EPOCH: String(epoch) }
	};
}
// src/cache/cache.ts
const LIMIT_MILLISECONDS = 6e4;
/**
* The cache as one job sees it: it never fails the job and never holds it up for long. All that is asked of it together may
* take a minute. After the first trouble, which is one warning, it is asked nothing more.
*/
var JobCache = class {
	#remote;
	#report;
	#patience;
	#given = new AbortController();
	#spentMilliseconds = 0;
	#running = 0;
	#since = 0;
	constructor(remote, report, patience) {
		this.#remote = remote;
		this.#report = report;
		this.#patience = patience;
	}
	/** Fills a folder. Whatever goes wrong is a miss; what came must be checked by who uses it. */
	async restore(entry) {
		return await this.#ask(`${entry.what} cannot be restored from the cache`, (signal) => this.#remote.restore(entry, signal));
	}
	/** Keeps a folder. A canceled job keeps nothing: it has seconds left. */
	async save(entry) {
		return await this.#ask(`${entry.what} cannot be saved to the cache`, (signal) => this.#remote.save(entry, signal));
	}
	async #ask(failed, work) {
		const { signal, limitMilliseconds: limit = LIMIT_MILLISECONDS } = this.#patience;
		if (signal.aborted || this.#given.signal.aborted) return false;
		const late = new AbortController();
		this.#begin();
		const timer = setTimeout(() => late.abort(/* @__PURE__ */ new Error(`all that was asked of it took longer than ${limit / 1e3} s`)), Math.max(0, limit - this.#spent()));
		const until = AbortSignal.any([
			signal,
			this.#given.signal,
			late.signal
		]);
		try {
			return await Promise.race([work(until), endOf(until)]);
		} catch (error) {
			if (!signal.aborted && !this.#given.signal.aborted) {
				const reason = until.aborted ? until.reason : error;
				this.#report.warning(`${failed}: ${messageOf(reason)}; this job goes on without a cache`);
				this.#given.abort();
			}
			return false;
		} finally {
			clearTimeout(timer);
			this.#end();
		}
	}
	#begin() {
		if (this.#running++ === 0) this.#since = this.#patience.now();
	}
	#end() {
		if (--this.#running === 0) this.#spentMilliseconds += this.#patience.now() - this.#since;
	}
	#spent() {
		return this.#spentMilliseconds + (this.#running > 0 ? this.#patience.now() - this.#since : 0);
	}
};
/** Whoever does not look at the signal is left behind. */
function endOf(signal) {
	return new Promise((_, reject) => {
		if (signal.aborted) reject(signal.reason);
		signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	});
}
function messageOf(error) {
	const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
	return line;
}
// src/cache/entry.ts
/**
* The form of an entry: this and the length of what follows, on one line; the files as JSON (path, size, SHA-256); their
* contents one after another.
* Regular files below one folder are all that it can say: no link, device, owner, right, and no path that leads out of the
* folder. (A tar unpacked with `-P`, as @actions/cache does, lets whoever may write the cache write anywhere on the runner.)
*/
const ENTRY_FORM = "kiwi-oci-files/1";
/** As the service has it for all entries of a repository. */
const ENTRY_LIMIT_BYTES = 10 * 1024 ** 3;
const LIST_LIMIT_BYTES = 4 * 1024 ** 2;
const LENGTH_DIGITS = 8;
const READ_BYTES = 1048576;
const NAME_LIMIT_BYTES = 255;
const DEPTH_LIMIT = 16;
/** @returns undefined where the folder holds nothing that the entry takes. Errors of the file system are passed on. */
async function packedEntry({ folder, accepts }) {
	const files = [];
	for await (const path of regularFiles(folder, 0)) {
		const { digest, sizeBytes } = await fileDigest(path);
		const file = {
			path: relative(folder, path),
			sizeBytes,
			sha256: digestHex(digest)
		};
		if (placeProblem(file.path) === void 0 && accepts(file)) files.push(file);
	}
	if (files.length === 0) return void 0;
	const list = Buffer.from(JSON.stringify(files));
	if (list.length > LIST_LIMIT_BYTES) throw new Error(`it has ${files.length} files, more than an entry can list`);
	const head = Buffer.concat([Buffer.from(firstLine(list.length)), list]);
	const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, head.length);
	if (sizeBytes > ENTRY_LIMIT_BYTES) throw new Error(`it has ${sizeBytes} bytes, more than the cache takes`);
	return {
		sizeBytes,
		bytes: async function* () {
			yield head;
			for (const file of files) yield* contentOf(join(folder, file.path), file);
		}
	};
}
function firstLine(listBytes) {
	return `${ENTRY_FORM} ${String(listBytes).padStart(LENGTH_DIGITS, "0")}\n`;
}
async function* contentOf(path, { sizeBytes, sha256 }) {
	await using file = await open(path, constants$1.O_RDONLY | constants$1.O_NOFOLLOW);
	const hash = createHash("sha256");
	for (let at = 0; at < sizeBytes;) {
		const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, sizeBytes - at));
		const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
		if (bytesRead === 0) throw new Error(`${path} was cut meanwhile`);
		const chunk = buffer.subarray(0, bytesRead);
		hash.update(chunk);
		yield chunk;
		at += bytesRead;
	}
	if (hash.digest("hex") !== sha256) throw new Error(`${path} was changed meanwhile`);
}
/**
* Writes the files of an entry into its folder: each whole and with the content that the list says, or not at all. One
* file that is not accepted and nothing of the entry is taken.
*
* @throws Error with the reason; errors of the file system are passed on
*/
async function unpackEntry(chunks, { folder, accepts }) {
	const source = streamSource(chunks);
	const files = listedFiles(await headOf(source));
	for (const file of files) {
		const problem = placeProblem(file.path) ?? (accepts(file) ? void 0 : "is none of the files that belong there");
		if (problem !== void 0) throw new Error(`its file ${JSON.stringify(file.path.slice(0, 200))} ${problem}`);
	}
	if (new Set(files.map(({ path }) => path)).size < files.length) throw new Error("it has a file twice");
	if (files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > ENTRY_LIMIT_BYTES) throw new Error("it is too large");
	for (const file of files) await writeFileOf(source, file, folder);
	if ((await source.read(1)).length > 0) throw new Error("it holds more than it lists");
}
async function headOf(source) {
	const first = (await source.read(firstLine("").length)).toString("latin1");
	const length = first.slice(17, -1);
	if (!/^\d+$/.test(length) || first !== firstLine(length)) throw new Error("it is no entry of ours");
	if (Number(length) > LIST_LIMIT_BYTES) throw new Error("its list of files is too long");
	const list = await source.read(Number(length));
	if (list.length < Number(length)) throw new Error("its list of files is cut");
	return list.toString("utf8");
}
function listedFiles(text) {
	const refused = /* @__PURE__ */ new Error("its list of files is none");
	let files;
	try {
		files = JSON.parse(text);
	} catch {
		throw refused;
	}
	if (!Array.isArray(files)) throw refused;
	return files.map((file) => {
		const { path, sizeBytes, sha256 } = file ?? {};
		if (typeof path !== "string" || typeof sizeBytes !== "number" || typeof sha256 !== "string") throw refused;
		if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || !/^[0-9a-f]{64}$/.test(sha256)) throw refused;
		return {
			path,
			sizeBytes,
			sha256
		};
	});
}
/** Why a path is none below a folder, as the end of a sentence. */
function placeProblem(path) {
	const parts = path.split("/");
	if (parts.some((part) => part === "" || part === "." || part === "..")) return "lies outside of its folder";
	if (/[\p{Cc}\\\ufffd]/u.test(path)) return "has no proper name";
	return parts.length > DEPTH_LIMIT || parts.some((part) => Buffer.byteLength(part) > NAME_LIMIT_BYTES) ? "has too long a name" : void 0;
}
async function writeFileOf(source, { path, sizeBytes, sha256 }, folder) {
	const target = join(folder, path);
	await makeFolder(dirname(target));
	const temporary = join(dirname(target), `.${randomUUID()}.tmp`);
	try {
		const hash = createHash("sha256");
		await using file = await open(temporary, "wx", 420);
		for (let left = sizeBytes; left > 0;) {
			const chunk = await source.read(Math.min(READ_BYTES, left));
			if (chunk.length === 0) throw new Error("it is cut");
			hash.update(chunk);
			await file.writeFile(chunk);
			left -= chunk.length;
		}
		if (hash.digest("hex") !== sha256) throw new Error(`its file ${path} is damaged`);
		await rename(temporary, target);
	} finally {
		await rm(temporary, { force: true });
	}
}
async function* regularFiles(folder, depth) {
	for (const entry of await sortedEntries(folder)) {
		const path = join(folder, entry.name);
		if (entry.isDirectory() && depth < DEPTH_LIMIT) yield* regularFiles(path, depth + 1);
		else if (entry.isFile() && (await lstat(path)).size > 0) yield path;
	}
}
async function sortedEntries(folder) {
	return (await readdir(folder, { withFileTypes: true }).catch((error) => {
		if (error.code === "ENOENT") return [];
		throw error;
	})).toSorted((one, other) => one.name < other.name ? -1 : 1);
}
// src/cache/tries.ts
const PAUSES = [1e3, 3e3];
/**
* Tries something of the cache's service up to three times, pauses between them.
*
* @param once gives undefined for another try; at the last it gives its result, or throws
* @throws what `once` throws, and the signal's reason
*/
async function tries(once, signal) {
	for (const pause of [...PAUSES, void 0]) {
		const result = await once(pause === void 0);
		if (result !== void 0) return result;
		await setTimeout$1(pause, void 0, { signal });
	}
	throw new Error("the last try had no result");
}
// src/cache/upload.ts
/** Azure takes 50 000 of them; all that are on the way stand in memory. */
const BLOCK_BYTES = 8 * 1024 ** 2;
const AT_ONCE = 4;
/**
* Sends a blob to Azure's storage by a signed address, in blocks, which come to be the blob at the end (Put Block, Put Block
* List of its REST API; what the Azure SDK does for @actions/cache).
*
* @throws Error with the reason
*/
async function uploadBlob(url, bytes, signal) {
	const ids = [];
	const sending = /* @__PURE__ */ new Set();
	const failed = new AbortController();
	const until = AbortSignal.any([signal, failed.signal]);
	try {
		for await (const block of blocksOf(bytes)) {
			const id = Buffer.from(String(ids.length).padStart(8, "0")).toString("base64");
			ids.push(id);
			const sent = put(withQuery(url, {
				comp: "block",
				blockid: id
			}), block, until).finally(() => sending.delete(sent));
			sent.catch(() => {});
			sending.add(sent);
			if (sending.size >= AT_ONCE) await Promise.race(sending);
		}
		await Promise.all(sending);
	} finally {
		failed.abort();
	}
	const document = `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join("")}</BlockList>`;
	await put(withQuery(url, { comp: "blocklist" }), Buffer.from(document), signal);
}
async function put(url, body, signal) {
	await tries(async (isLast) => {
		const status = await answerTo(url, body, signal);
		if (status >= 200 && status < 300) return status;
		if (!isLast && (status >= 500 || status === 0)) return void 0;
		throw new Error(`the storage ${status === 0 ? "cannot be reached" : `answers with HTTP ${status}`}`);
	}, signal);
}
/** @returns the HTTP status, 0 where there is no answer */
async function answerTo(url, body, signal) {
	try {
		const response = await fetch(url, {
			method: "PUT",
			body: new Uint8Array(body),
			signal,
			redirect: "error"
		});
		await response.body?.cancel();
		return response.status;
	} catch {
		if (signal.aborted) throw signal.reason;
		return 0;
	}
}
function withQuery(url, parameters) {
	const changed = new URL(url);
	const added = new URLSearchParams(parameters).toString();
	changed.search = url.search === "" ? added : `${url.search}&${added}`;
	return changed;
}
async function* blocksOf(bytes) {
	let chunks = [];
	let length = 0;
	for await (const chunk of bytes) {
		chunks.push(chunk);
		length += chunk.length;
		if (length < BLOCK_BYTES) continue;
		yield Buffer.concat(chunks);
		chunks = [];
		length = 0;
	}
	if (length > 0) yield Buffer.concat(chunks);
}
// src/cache/service.ts
/** Twirp: POST /twirp/SERVICE/METHOD with JSON; `cache.proto` in @actions/cache, src/generated. */
const SERVICE = "twirp/github.actions.results.api.v1.CacheService";
/** Entries of one key are told apart by it; of @actions/cache it hashes paths and compression. */
const VERSION = digestHex(digestOf(ENTRY_FORM));
/** HTTP states that may pass. */
const RETRIED = [
	500,
	502,
	503,
	504
];
const ANSWER_LIMIT_BYTES = 65536;
/**
* GitHub's cache service, version 2, by our own few calls: @actions/cache unpacks what it gets with `tar -P`, cannot be
* stopped, and asks on for minutes.
*/
function serviceCache(place) {
	const ask = (method, question, signal) => answerOf(place, method, question, signal);
	return {
		restore: async (entry, signal) => {
			const { key } = entry;
			const answer = await ask("GetCacheEntryDownloadURL", {
				key,
				restore_keys: [],
				version: VERSION
			}, signal);
			if (answer === "taken" || answer["ok"] !== true || answer["matched_key"] !== key) return false;
			await download(blobUrl(place, answer["signed_download_url"]), entry, signal);
			return true;
		},
		save: async (entry, signal) => {
			const { key } = entry;
			const packed = await packedEntry(entry);
			if (packed === void 0) return false;
			const reserved = await ask("CreateCacheEntry", {
				key,
				version: VERSION
			}, signal);
			if (reserved === "taken" || reserved["ok"] !== true) return false;
			await uploadBlob(blobUrl(place, reserved["signed_upload_url"]), packed.bytes(), signal);
			const size = { size_bytes: String(packed.sizeBytes) };
			const done = await ask("FinalizeCacheEntryUpload", {
				key,
				version: VERSION,
				...size
			}, signal);
			if (done === "taken" || done["ok"] !== true) throw new Error("the service did not take what was sent");
			return true;
		}
	};
}
async function download(url, entry, signal) {
	const enough = new AbortController();
	try {
		const response = await fetched(url, { signal: AbortSignal.any([signal, enough.signal]) });
		if (!response.ok || response.body === null) throw await unexpected(response);
		await unpackEntry(response.body, entry).catch((error) => {
			throw signal.aborted ? signal.reason : /* @__PURE__ */ new Error(`what came is of no use: ${reasonOf(error)}`);
		});
	} finally {
		enough.abort();
	}
}
async function answerOf({ url, token }, method, question, signal) {
	const request = {
		method: "POST",
		headers: {
			authorization: `Bearer ${token}`,
			"content-type": "application/json"
		},
		body: JSON.stringify(question),
		signal
	};
	return await tries(async (isLast) => {
		try {
			const response = await fetched(new URL(`${SERVICE}/${method}`, url), request);
			if (isLast || !RETRIED.includes(response.status)) return await parsedAnswer(response);
			await response.body?.cancel();
		} catch (error) {
			if (isLast || signal.aborted || !(error instanceof UnreachableError)) throw error;
		}
	}, signal);
}
async function parsedAnswer(response) {
	if (response.status === 409) return "taken";
	if (!response.ok) throw await unexpected(response);
	const text = await shortText(response);
	try {
		const answer = JSON.parse(text);
		if (isJsonObject(answer)) return answer;
	} catch {}
	throw new Error("the service answers with something else than JSON");
}
/** A signed address, which is never shown. Plain HTTP only where the service itself is asked so. */
function blobUrl({ url }, given) {
	const address = typeof given === "string" && URL.canParse(given) ? new URL(given) : void 0;
	if (address?.protocol === "https:" || address && address.protocol === new URL(url).protocol) return address;
	throw new Error("the service names no address for the content");
}
var UnreachableError = class extends Error {};
/** @throws UnreachableError for what may be otherwise at the next try */
async function fetched(url, request) {
	try {
		return await fetch(url, {
			...request,
			redirect: "error"
		});
	} catch (error) {
		if (request.signal?.aborted) throw request.signal.reason;
		throw new UnreachableError(`the service cannot be reached (${reasonOf(error)})`);
	}
}
async function unexpected(response) {
	await response.body?.cancel().catch(() => {});
	return /* @__PURE__ */ new Error(`the service answers with HTTP ${response.status}`);
}
async function shortText(response) {
	const chunks = [];
	let length = 0;
	for await (const chunk of response.body ?? []) {
		length += chunk.length;
		if (length > ANSWER_LIMIT_BYTES) throw new Error("the answer of the service is too long");
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString("utf8");
}
/** `fetch failed` says nothing, its cause does. */
function reasonOf(error) {
	const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	if (!(cause instanceof Error)) return String(cause);
	const code = "code" in cause ? String(cause.code) : "";
	return cause.message === "" || cause.message === "terminated" ? code || "the connection ended" : cause.message;
}
// src/steps/remotecache.ts
/** What a job may do with the cache when the runner says it; @actions/cache, src/internal/config.ts. */
const MODES = {
	none: {
		reads: false,
		writes: false
	},
	read: {
		reads: true,
		writes: false
	},
	write: {
		reads: true,
		writes: true
	},
	"write-only": {
		reads: false,
		writes: true
	}
};
/** The Actions cache, where this job may use one. The service of GitHub's own servers is version 1, for which there is no client here. */
function jobCache(environment, report, signal) {
	const url = environment["ACTIONS_RESULTS_URL"];
	const token = environment["ACTIONS_RUNTIME_TOKEN"];
	if (!environment["ACTIONS_CACHE_SERVICE_V2"] || !url || !token || !URL.canParse(url)) return void 0;
	const { reads, writes } = MODES[environment["ACTIONS_CACHE_MODE"]?.trim().toLowerCase() ?? ""] ?? {
		reads: true,
		writes: true
	};
	const service = serviceCache({
		url,
		token
	});
	return new JobCache({
		restore: async (...asked) => reads && await service.restore(...asked),
		save: async (...asked) => writes && await service.save(...asked)
	}, report, {
		signal,
		now: () => performance.now()
	});
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
// src/steps/guardian.ts
/**
* Reads lines until its input ends, as it does when we are killed, and hands the last one to the program in its arguments,
* which removes what it names; nothing where that line is empty. A shell, for that it costs next to nothing to have it wait.
*/
const PROGRAM = `exec >/dev/null 2>&1
watched=
while IFS= read -r line; do watched=$line; done
[ -z "$watched" ] || exec "$@" "$watched"`;
/**
* Starts a guardian: a process in a session of its own, which signals to our process group do not reach. Disposing of it
* ends it, and nothing is removed: whoever ends in order does that itself.
*
* @throws CommandError when no process can be started
*/
async function startGuardian(files) {
	const { nodePath, abandonedPath, searchPath } = files;
	const args = [
		"-c",
		PROGRAM,
		"sh",
		nodePath,
		abandonedPath
	];
	let ended = Promise.resolve();
	const input = await new Promise((resolve, reject) => {
		ended = runCommand("/bin/sh", args, {
			env: { PATH: searchPath },
			cwd: "/",
			apart: true,
			onInput: resolve
		});
		ended.catch(reject);
	});
	const mark = markPrograms();
	const watched = /* @__PURE__ */ new Set();
	let inside = [];
	const tell = () => {
		const told = {
			folders: [...watched],
			mark,
			inside,
			prefix: TEMPORARY_PREFIX
		};
		input.write(`${JSON.stringify(told)}\n`);
	};
	return {
		watch: (folder) => {
			watched.add(folder);
			tell();
		},
		forget: (folder) => {
			watched.delete(folder);
			tell();
		},
		watchInside: (folders) => {
			inside = folders;
			tell();
		},
		[Symbol.asyncDispose]: async () => {
			input.end("\n");
			await ended.catch(() => {});
		}
	};
}
// src/steps/stepfolders.ts
/**
* Keeps the folders of a step: its post entry removes them at the end of the job, and the guardian at once where the step
* is killed.
*
* @param inside folders of others in which the step has files under temporary names
*/
async function stepFolders(around, inside = []) {
	const guardian = await startGuardian(around);
	guardian.watchInside(inside);
	return {
		keeping: {
			holder: await thisJob(around.runnerJob),
			inside,
			keep: (folder) => {
				guardian.watch(folder);
				rememberFolder(folder);
			}
		},
		[Symbol.asyncDispose]: () => guardian[Symbol.asyncDispose]()
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
		machine: machinePlatform$1(process.arch),
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
/** What the defaults and the wording of inputs depend on. */
function inputFacts(around, origin) {
	return {
		machine: around.machine,
		architecture: around.architecture,
		installTools: origin === "action",
		...around.sourceDateEpoch === void 0 ? {} : { sourceDateEpoch: around.sourceDateEpoch }
	};
}
// src/steps/build.ts
await runStep(async (report, signal) => {
	const around = surroundings(process.env);
	const plan = parsePlan(takeValue(process.env, "plan"));
	const path = takeValue(process.env, "kiwi");
	const toolSeconds = secondsIn(takeValue(process.env, "tool-seconds"));
	const { inputs } = readInputs(takeInputs(process.env).raw, inputFacts(around, "action"));
	if (inputs.login) maskSecret(inputs.login.username, inputs.login.password);
	const kiwi = path === "" ? void 0 : await kiwiAt(path);
	if (plan.source.kind === "description" && kiwi === void 0) throw new HostError("host-handover", "no kiwi-ng was handed to the build step", "run the setup step before it");
	const remote = plan.cache && around.hosted ? jobCache(process.env, report, signal) : void 0;
	await using folders = await stepFolders(around);
	const built = await runBuild({
		plan,
		inputs,
		around,
		report,
		signal,
		...folders.keeping,
		phases: [{
			name: "Tools",
			seconds: toolSeconds
		}],
		...kiwi ? { kiwi } : {},
		...remote ? { remote } : {}
	});
	setOutputs({
		built: JSON.stringify(built),
		digest: built.digest,
		layout: built.layout,
		disk: built.disk.file,
		metadata: metadataText(built, UNPUBLISHED)
	});
});
async function kiwiAt(path) {
	const { stdout } = await runCommand(path, ["--version"], { timeoutSeconds: 60 });
	return {
		path,
		version: kiwiVersionIn(stdout.toString("utf8")) ?? "unknown"
	};
}
/** None where another step than ours handed it over. */
function secondsIn(text) {
	return /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : 0;
}
export {};
