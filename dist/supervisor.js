import { access, chmod, chown, copyFile, lchown, lstat, mkdir, open, readFile, readdir, readlink, realpath, rm, stat, statfs, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { constants, readFileSync } from "node:fs";
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
// src/errors.ts
/**
* The error taxonomy. The message of each is one line: what failed, why, what to do. `detail` holds what belongs
* into a folded group under it, `code` its name in docs/errors.md. Whatever else is thrown is our bug, and `describeError` says so.
*/
var KnownError = class extends Error {
	/** Lines for a folded group below the message, none by default. */
	detail = [];
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
/** As strerror(3) says ENOSPC and EDQUOT, in what a program prints. */
const NO_SPACE$1 = /no space left on device|disk quota exceeded/i;
/** Whether the disk is full or the quota used up: said by the system, or by a program that failed of it. */
function lacksSpace(error) {
	if (error instanceof CommandError) return error.lastLines.some((line) => NO_SPACE$1.test(line));
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
const GRACE_MILLISECONDS$1 = 5e3;
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
		const grace = options.graceSeconds === void 0 ? GRACE_MILLISECONDS$1 : options.graceSeconds * 1e3;
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
// src/host/bound-place.ts
/** Says that a place was made for builds: only such a place is ever removed. Unseen while something is bound there. */
const MARK = ".made-by-kiwi-oci";
const IN_USE = 3;
const TRIES$1 = 10;
const PAUSE_MILLISECONDS$1 = 100;
/** Makes the place ($2) where it is missing, with the mark ($3), and binds the folder ($1) onto it. */
const ENTER = "{ [ -d \"$2\" ] || { mkdir -- \"$2\" && : >\"$2/$3\"; }; } && mount --bind -- \"$1\" \"$2\"";
/**
* Removes the place ($1; $2 is the same as mountinfo writes it) unless it is bound in the namespace of another build:
* rmdir(2) would do it there too since Linux 3.18, and take the mount away from that build.
*/
const LEAVE = `[ -f "$1/$3" ] || exit 0
grep -qsF -e " $2 " /proc/[0-9]*/mountinfo && exit ${IN_USE}
rm -f -- "$1/$3" && { rmdir -- "$1" 2>/dev/null || true; }`;
/** The folder above ($1) is locked for it, so that no build makes a place that another one is about to remove. */
const ENTER_THEN_RUN = "flock -- \"$1\" /bin/sh -c \"$2\" sh \"$3\" \"$4\" \"$5\" && shift 5 && exec \"$@\"";
/**
* A command line that runs another one where `from` is seen at `to`; as root, in a mount namespace of its own. Whatever
* comes of it, `leavePlace` is to follow.
*/
async function boundCommand({ from, to }, command) {
	await mkdir(dirname(to), { recursive: true });
	return [
		"/bin/sh",
		"-c",
		ENTER_THEN_RUN,
		"sh",
		dirname(to),
		ENTER,
		from,
		to,
		MARK,
		...command
	];
}
/** Removes the place that `boundCommand` made, unless another build uses it: then that one does. May be called again. */
async function leavePlace(to) {
	const place = to.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
	for (let attempt = 1; attempt <= TRIES$1; attempt += 1) {
		if (await lstat(join(to, MARK)).catch(() => void 0) === void 0) return;
		const { exitCode } = await runCommand("flock", [
			"--",
			dirname(to),
			"/bin/sh",
			"-c",
			LEAVE,
			"sh",
			to,
			place,
			MARK
		], {
			accept: [0, IN_USE],
			apart: true
		});
		if (exitCode !== IN_USE) return;
		await setTimeout$1(PAUSE_MILLISECONDS$1);
	}
}
// src/host/mounts.ts
/**
* The mount points of a mountinfo text, in its order. proc_pid_mountinfo(5): field 5, with space, tab, newline and
* backslash as octal escapes.
*/
function mountPoints(mountinfo) {
	return mountinfo.split("\n").map((line) => line.split(" ")[4]).filter((point) => point !== void 0).map((point) => point.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8))));
}
/** Those at or below a folder, in the order in which they can be unmounted: the deepest and the latest first. */
function mountsBelow(points, folder) {
	return points.filter((point) => isBelow(point, folder)).toReversed().toSorted((left, right) => right.split("/").length - left.split("/").length);
}
/** What is mounted on this machine, as this process sees it. */
async function readMountPoints() {
	return mountPoints(await readFile("/proc/self/mountinfo", "utf8"));
}
/** Whether a path is a folder itself or anything in it. */
function isBelow(path, folder) {
	return path === folder || path.startsWith(`${folder}/`);
}
// src/host/loops.ts
const SYS_BLOCK$1 = "/sys/block";
/** The loop devices whose file is in a folder. */
function loopsBelow(loops, folder) {
	return loops.filter((loop) => isBelow(loop.backingFile, folder));
}
/** The attached loop devices. The kernel's file is read, since losetup cuts long names. */
async function readLoops(sysBlock = SYS_BLOCK$1) {
	const loops = (await readdir(sysBlock)).filter((name) => /^loop\d+$/.test(name)).map(async (name) => {
		const text = await readFile(join(sysBlock, name, "loop/backing_file"), "utf8").catch(() => void 0);
		return text === void 0 ? [] : [{
			device: `/dev/${name}`,
			backingFile: backingFile(text)
		}];
	});
	return (await Promise.all(loops)).flat();
}
function backingFile(text) {
	return text.replace(/\n$/, "").replace(/ \(deleted\)$/, "");
}
/**
* Takes a loop device back: what lies on it (LVM, LUKS, kpartx, RAID), its partitions, then the device. Partitions go
* first, because their nodes stay behind on a detached device and fail the next `partx --add` on it.
*/
async function detachLoop({ device }, sysBlock = SYS_BLOCK$1) {
	const name = device.replace("/dev/", "");
	for (const holder of await holders(name, sysBlock)) await releaseHolder(holder, sysBlock);
	await attempt("partx", ["--delete", device]);
	await runCommand("losetup", ["--detach", device], { apart: true });
}
/** Devices on a loop device and its partitions, those on top of others first. */
async function holders(name, sysBlock) {
	const folder = join(sysBlock, name);
	const partitions = (await readdir(folder).catch(() => [])).filter((entry) => entry.startsWith(`${name}p`));
	const direct = await Promise.all(["", ...partitions].map((part) => readdir(join(folder, part, "holders")).catch(() => [])));
	const found = [...new Set(direct.flat())];
	const above = await Promise.all(found.map((holder) => holders(holder, sysBlock)));
	return [.../* @__PURE__ */ new Set([...above.flat(), ...found])];
}
async function releaseHolder(holder, sysBlock) {
	if (holder.startsWith("md")) return attempt("mdadm", ["--stop", `/dev/${holder}`]);
	const name = await readFile(join(sysBlock, holder, "dm/name"), "utf8").catch(() => void 0);
	if (name !== void 0) await attempt("dmsetup", [
		"remove",
		"--retry",
		name.trim()
	]);
}
/** For what may be gone already; whatever then keeps the device busy fails `losetup`. */
async function attempt(program, args) {
	try {
		await runCommand(program, args, { apart: true });
	} catch (error) {
		if (!(error instanceof CommandError)) throw error;
	}
}
// src/host/leftovers.ts
/** Whoever is impatient sends a second signal to all of a job, which is not to end what cleans up after the first. */
const APART = { apart: true };
const SYS_BLOCK = "/sys/block";
const TRIES = 50;
/** After as many tries a mount that is in use is taken out of the tree, and ends with its last user. */
const PATIENT_TRIES = 10;
const PAUSE_MILLISECONDS = 100;
/**
* Undoes what a build left mounted or attached in its folder, whose files stay. Runs as root. Devices of others are left
* alone, but for the stale partition nodes of loop devices that nobody uses: the next build on such a device would fail.
*
* @throws HostError naming what is still in use after five seconds
*/
async function releaseLeftovers(folder) {
	const root = await realpath(folder);
	for (let attempt = 1;; attempt += 1) {
		await unmountBelow(root, attempt > PATIENT_TRIES ? ["--lazy"] : []);
		for (const loop of loopsBelow(await readLoops(), root)) await unlessGone(detachLoop(loop));
		const left = [...mountsBelow(await readMountPoints(), root), ...loopsBelow(await readLoops(), root).map((loop) => loop.device)];
		if (left.length === 0) break;
		if (attempt === TRIES) throw new HostError("host-leftovers", `${left.join(", ")} cannot be released`, `end what still uses it; ${root} is left as it is`);
		await setTimeout$1(PAUSE_MILLISECONDS);
	}
	await sweepStaleNodes(root);
}
/**
* Releases a folder and removes it. Runs as root. A folder that does not exist is done already, so it may be called twice.
*
* @param folder the build folder, absolute; never a link
* @param marker the file in it that says whose it is: it goes last, so that whoever is killed here leaves what another can remove
* @throws HostError where it is no folder of a build, or something of it is still in use: then nothing is removed
*/
async function removeWithLeftovers(folder, marker) {
	const real = await realpath(folder).catch((error) => {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return void 0;
		throw error;
	});
	if (real === void 0) return;
	if (real !== join(await realpath(dirname(folder)), basename(folder)) || real.split("/").length < 3) throw new HostError("host-leftovers", `${folder} is a link or too close to the root of the machine`, "it is left as it is: look at it yourself");
	await releaseLeftovers(real);
	const remove = [
		"-r",
		"-f",
		"--one-file-system",
		"--"
	];
	const others = (await readdir(real)).filter((name) => name !== marker).map((name) => join(real, name));
	await runCommand("rm", [...remove, ...others], APART);
	await runCommand("rm", [...remove, real], APART);
}
async function unmountBelow(root, flags) {
	for (const point of mountsBelow(await readMountPoints(), root)) await tried("mount", ["--make-private", point]);
	for (const point of mountsBelow(await readMountPoints(), root)) await tried("umount", [
		...flags,
		"--",
		point
	]);
}
async function sweepStaleNodes(root) {
	const used = new Set((await readLoops()).map((loop) => loop.device));
	const carrier = join(root, "sweep.img");
	for (const name of await readdir(SYS_BLOCK)) {
		const device = `/dev/${name}`;
		if (!/^loop\d+$/.test(name) || used.has(device) || !await hasPartitions(name)) continue;
		await using file = await open(carrier, "w");
		await file.truncate(1 << 20);
		if (!await tried("losetup", [device, carrier])) continue;
		await tried("partx", ["--delete", device]);
		await tried("losetup", ["--detach", device]);
	}
	await rm(carrier, { force: true });
}
async function hasPartitions(name) {
	return (await readdir(join(SYS_BLOCK, name)).catch(() => [])).some((entry) => entry.startsWith(`${name}p`));
}
/** Runs a tool whose success shows in what is left over. */
async function tried(program, args) {
	return unlessGone(runCommand(program, args, APART));
}
async function unlessGone(work) {
	try {
		await work;
		return true;
	} catch (error) {
		if (error instanceof CommandError) return false;
		throw error;
	}
}
// src/host/missing.ts
/** Where system programs live; Debian leaves these out of an ordinary user's PATH. */
const SYSTEM_FOLDERS = [
	"/usr/local/sbin",
	"/usr/sbin",
	"/sbin"
];
/** The folders of a PATH, then those of system programs: where KIWI's programs are looked for and run from. */
function searchFolders(path) {
	return [.../* @__PURE__ */ new Set([...path.split(":").filter((folder) => folder.startsWith("/")), ...SYSTEM_FOLDERS])];
}
// src/host/privileges.ts
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
// src/host/namespaces.ts
/**
* A mount and a process namespace of its own: what KIWI mounts and starts in there ends with it. And nothing of it
* outlives the process that starts it, however that ends.
*/
const PROTECTION = [...[
	"setpriv",
	"--pdeathsig",
	"KILL"
], ...[
	"unshare",
	"--mount",
	"--propagation",
	"private",
	"--pid",
	"--fork",
	"--kill-child",
	"--mount-proc",
	"--"
]];
/** Why no build can be kept apart on this machine, if it cannot. */
async function namespaceLack(privileges) {
	const { program, args } = asRoot(privileges, PROTECTION[0], [...PROTECTION.slice(1), "true"]);
	try {
		await runCommand(program, args, { timeoutSeconds: 20 });
		return;
	} catch (error) {
		if (!(error instanceof CommandError) || wasAskedToEnd(error)) throw error;
		return new HostError("host-namespace", `root may not make namespaces here (${error.lastLines.at(-1) ?? error.message}), without which a build can leave mounts`, "run on the machine itself, or in a container with --privileged");
	}
}
// src/host/private-places.ts
/**
* What KIWI, and what it calls outside of the root tree, writes to on the machine that builds: seen in a whole build with
* strace and in the times of all files, and read from the sources of KIWI 11.1.6.
*/
const PLACES = [
	{
		path: "/etc/apt/keyrings",
		shows: "files"
	},
	{
		path: "/var/lib/dpkg",
		shows: "files"
	},
	{
		path: "/var/cache/debconf",
		shows: "nothing"
	},
	{
		path: "/var/log",
		shows: "nothing"
	},
	{
		path: "/run/blkid",
		shows: "nothing"
	},
	{
		path: "/etc/lvm/archive",
		shows: "nothing"
	},
	{
		path: "/etc/lvm/backup",
		shows: "nothing"
	}
];
/**
* Fills a folder with what a build shall see and write to instead of places of the machine. Runs as root.
*
* @param folder where to put them; made
* @param used paths of the build: a place that one of them lies in stays as it is
* @returns what to bind where
*/
async function makePrivatePlaces(folder, used, places = PLACES) {
	await mkdir(folder, { mode: 493 });
	const binds = [];
	for (const [index, { path, shows }] of places.entries()) {
		const to = await realPlace(path);
		if (to === void 0 || used.some((each) => isBelow(each, to))) continue;
		const from = join(folder, String(index));
		await mkdir(from);
		await takeAfter(to, from);
		if (shows === "files") await copyFiles(to, from);
		binds.push({
			from,
			to
		});
	}
	return binds;
}
/** Nobody makes a folder in a folder that is not there. */
async function realPlace(path) {
	const there = await realpath(path).catch(() => void 0);
	if (there !== void 0) return there;
	const parent = await realpath(dirname(path)).catch(() => void 0);
	return parent === void 0 ? void 0 : join(parent, path.slice(dirname(path).length + 1));
}
/** Mode and owner of the place, where it is there. */
async function takeAfter(place, copy) {
	const there = await stat(place).catch(() => void 0);
	await chmod(copy, there === void 0 ? 493 : there.mode & 4095);
	if (there !== void 0) await chown(copy, there.uid, there.gid);
}
async function copyFiles(place, copy) {
	for (const name of await readdir(place).catch(() => [])) {
		const [from, to] = [join(place, name), join(copy, name)];
		const entry = await lstat(from).catch(() => void 0);
		if (entry?.isSymbolicLink()) await symlink(await readlink(from), to);
		if (entry?.isFile()) await copyFile(from, to);
		if (entry?.isDirectory()) await mkdir(to);
		if (entry?.isFile() || entry?.isDirectory()) await takeAfter(from, to);
	}
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
// src/host/space.ts
const MEGABYTE = 1024 ** 2;
2048 * MEGABYTE;
/** As strerror(3) calls it. */
const NO_SPACE = "No space left on device";
/** What no build goes on with; programs remove halves of files when they end. */
const FULL_BELOW_BYTES = 16 * MEGABYTE;
/** Whether root has no room left in a folder to go on with. */
async function isFull(folder) {
	const { bfree, bsize } = await statfs(folder);
	return bfree * bsize < FULL_BELOW_BYTES;
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
`${randomUUID()}`;
// src/job/workfolder.ts
/** Only a folder that holds this file is ever released and removed as root. It says whom the folder belongs to. */
const MARKER = ".kiwi-oci";
/** In the work folder while a supervisor works: its number and start, and on a line each the places that it binds onto. */
const RUN_FILE = "supervisor.run";
/** The logs of KIWI beside a work folder. */
async function removeLogs(folder) {
	const names = await readdir(dirname(folder)).catch(() => []);
	for (const name of names.filter((each) => each.startsWith(`${basename(folder)}-log-`))) await rm(join(dirname(folder), name), {
		recursive: true,
		force: true
	}).catch(() => {});
}
// src/json.ts
/** Whether what `JSON.parse` gave is an object, and no list. */
function isJsonObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
// src/kiwi/job.ts
/**
* Reads the line of JSON that the supervisor is given.
*
* @throws Error when it is no job; the text is for our own log, only our own code writes jobs
*/
function parseJob(line) {
	const value = JSON.parse(line);
	if (!isJsonObject(value)) throw new Error("the job is no JSON object");
	if ("remove" in value) return {
		remove: path(value, "remove"),
		under: path(value, "under")
	};
	const owner = value["owner"];
	if (!isJsonObject(owner) || !isId(owner["uid"]) || !isId(owner["gid"])) throw new Error("the job names no owner");
	const bind = value["bind"];
	if (!isJsonObject(bind)) throw new Error("the job has no bind");
	const caller = value["caller"];
	if (!isJsonObject(caller) || !isId(caller["pid"]) || !isText(caller["started"])) throw new Error("the job names no caller");
	const env = value["env"];
	if (!isJsonObject(env) || !Object.values(env).every(isText)) throw new Error("env of the job is no mapping of texts");
	return {
		program: path(value, "program"),
		args: texts(value, "args"),
		env,
		cwd: path(value, "cwd"),
		workFolder: path(value, "workFolder"),
		bind: {
			from: path(bind, "from"),
			to: path(bind, "to")
		},
		discard: texts(value, "discard"),
		handOver: texts(value, "handOver"),
		owner: {
			uid: owner["uid"],
			gid: owner["gid"]
		},
		caller: {
			pid: caller["pid"],
			started: caller["started"]
		}
	};
}
function path(value, key) {
	const found = value[key];
	if (!isText(found) || !isAbsolute(found)) throw new Error(`${key} of the job is no absolute path`);
	return found;
}
function texts(value, key) {
	const found = value[key];
	if (!Array.isArray(found) || !found.every(isText)) throw new Error(`${key} of the job is no list of texts`);
	return found;
}
function isText(value) {
	return typeof value === "string" && !value.includes("\0");
}
function isId(value) {
	return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
// src/steps/supervisor.ts
/**
* Runs as root beside a job that may be ended at any moment: it starts KIWI where nothing that KIWI mounts or starts can
* stay behind, ends it when its own standard input ends (the caller is gone, or wants it so), and cleans up after it.
*
* The job is the first line of its standard input, as JSON (`kiwi/job.ts`).
*/
/** From SIGINT, after which KIWI undoes its mounts itself, to the end of everything. GitHub leaves 7.5 s to SIGTERM. */
const GRACE_MILLISECONDS = 4e3;
const EXIT_CODES = Array.from({ length: 256 }, (_, code) => code);
async function main() {
	process.env["PATH"] = searchFolders(process.env["PATH"] ?? "/usr/bin:/bin").join(":");
	if (process.getuid?.() !== 0) throw new HostError("host-root", "building needs root", "run as root or with password-less sudo");
	const input = createInterface({ input: process.stdin });
	const line = new Promise((resolveLine) => {
		input.once("line", resolveLine);
		input.once("close", () => resolveLine(""));
	});
	const ended = new Promise((resolveEnd) => {
		input.once("close", resolveEnd);
		for (const signal of [
			"SIGTERM",
			"SIGINT",
			"SIGHUP"
		]) process.on(signal, () => resolveEnd());
	});
	const text = await line;
	if (text === "") throw new HostError("host-handover", "the supervisor was given no job", "kiwi-oci starts it itself");
	const job = parseJob(text);
	if ("remove" in job) return remove(job);
	return run(job, ended);
}
async function run(job, ended) {
	await checkMarked(job.workFolder);
	await checkNamespaces();
	const own = join(job.workFolder, `private-${process.pid}`);
	const binds = [job.bind];
	try {
		binds.push(...await makePrivatePlaces(own, usedPaths(job)));
		const who = `${process.pid} ${await processStart(process.pid)}`;
		await putText(join(job.workFolder, RUN_FILE), [who, ...binds.map(({ to }) => to)].join("\n"));
		const code = await supervise(job, binds, ended);
		if (code !== 0 && await isFull(job.workFolder)) process.stdout.write(`${job.workFolder}: ${NO_SPACE}\n`);
		return code;
	} finally {
		await releaseLeftovers(job.workFolder);
		for (const { to } of binds) await leavePlace(to);
		await removeTree(own);
		if (await isGone(job.caller)) await abandon(job.workFolder);
		else await conclude(job);
	}
}
/** Leaves what the caller needs, and as its own. */
async function conclude(job) {
	for (const folder of job.discard) await removeTree(within(folder, job.workFolder));
	for (const path of job.handOver) await handOver(path, job.owner);
	await rm(join(job.workFolder, RUN_FILE), { force: true });
}
async function isGone({ pid, started }) {
	return (await processStart(pid) ?? "") !== started;
}
/** Nobody is there any more who could remove it, or was told of the log. */
async function abandon(workFolder) {
	await removeWithLeftovers(workFolder, MARKER);
	await removeLogs(workFolder);
}
/**
* Starts the program and waits for its end. It leads a process group of its own, for SIGINT is sent to all of it: KIWI
* undoes its mounts at that signal alone.
*
* @returns its exit code
*/
async function supervise(job, binds, ended) {
	const started = Promise.withResolvers();
	let announced = false;
	const take = (line) => {
		const announces = !announced && /^\d+$/.test(line);
		if (announces) started.resolve(Number(line));
		else process.stdout.write(`${line}\n`);
		announced ||= announces;
	};
	let inside = [job.program, ...job.args];
	for (const bind of binds) inside = await boundCommand(bind, inside);
	const exit = runCommand("/bin/sh", [
		"-c",
		"echo $$; exec setsid \"$@\"",
		"sh",
		...PROTECTION,
		...inside
	], {
		cwd: job.cwd,
		env: job.env,
		accept: EXIT_CODES,
		onLine: take
	}).then(({ exitCode }) => exitCode, killed);
	const stopped = ended.then(() => "stop");
	if (await Promise.race([exit, stopped]) === "stop") await stop(started.promise, exit);
	return exit;
}
function killed(error) {
	if (error instanceof CommandError && error.outcome.kind === "signal") return 137;
	throw error;
}
async function stop(started, exit) {
	const pid = await Promise.race([started, exit.then(() => void 0)]);
	if (pid === void 0) return;
	signal(-pid, "SIGINT");
	await Promise.race([exit, setTimeout$1(GRACE_MILLISECONDS, void 0, { ref: false })]);
	signal(pid, "SIGKILL");
}
async function checkNamespaces() {
	const lack = await namespaceLack({ kind: "root" });
	if (lack) throw lack;
}
async function remove({ remove: folder, under }) {
	if (await lstat(folder).catch(() => void 0) === void 0) return 0;
	const real = await realpath(folder);
	if (real !== join(await realpath(under), basename(folder))) throw new HostError("host-leftovers", `${folder} is not the folder it says it is`, "remove it yourself");
	await checkMarked(real);
	const [who = "", ...places] = (await readFile(join(real, RUN_FILE), "utf8").catch(() => "")).split("\n");
	await endSupervisor(who);
	await removeWithLeftovers(real, MARKER);
	for (const place of places) await leavePlace(place);
	return 0;
}
/** A supervisor that still works has its time to end, then it is killed and KIWI with it. */
async function endSupervisor(who) {
	const [pid = 0, started] = who.split(" ").map(Number);
	if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return;
	const isOurs = async () => (await commandLine(pid)).includes(import.meta.filename);
	const running = async () => Number(await processStart(pid)) === started && await isOurs();
	if (!await running()) return;
	signal(pid, "SIGTERM");
	const deadline = 2 * GRACE_MILLISECONDS;
	for (let waited = 0; waited < deadline; waited += 100) {
		if (!await running()) return;
		await setTimeout$1(100);
	}
	signal(pid, "SIGKILL");
}
/** Signals a process, or with a negative number its group; one that has ended meanwhile is no failure. */
function signal(pid, name) {
	try {
		process.kill(pid, name);
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
	}
}
async function commandLine(pid) {
	return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
}
async function checkMarked(folder) {
	const [itself, marker] = await Promise.all([lstat(folder).catch(() => void 0), lstat(join(folder, MARKER)).catch(() => void 0)]);
	if (itself?.isDirectory() && marker?.isFile()) return;
	throw new HostError("host-leftovers", `${folder} is no work folder of kiwi-oci`, `it lacks the file ${MARKER} and is left alone`);
}
/** What has to stay where it is for the program. */
function usedPaths({ program, cwd, workFolder, bind, handOver }) {
	return [
		program,
		cwd,
		workFolder,
		bind.from,
		bind.to,
		...handOver
	];
}
function within(folder, workFolder) {
	if (folder.startsWith(`${workFolder}/`) && resolve(folder) === folder) return folder;
	throw new Error(`${folder} does not lie in ${workFolder}`);
}
async function removeTree(folder) {
	await runCommand("rm", [
		"-rf",
		"--one-file-system",
		"--",
		folder
	], { apart: true });
}
async function handOver(path, owner) {
	const entry = await lstat(path).catch(() => void 0);
	if (entry === void 0) return;
	await lchown(path, owner.uid, owner.gid);
	if (!entry.isDirectory()) return;
	for (const name of await readdir(path)) await handOver(join(path, name), owner);
}
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
main().then((code) => process.exit(code), (error) => {
	const { code, message } = describeError(error);
	process.stderr.write(`${code}: ${message.replaceAll("\n", " ")}\n`, () => process.exit(125));
});
export {};
