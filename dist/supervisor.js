import { createHash } from "node:crypto";
import { access, lchown, lstat, mkdir, readFile, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { spawn } from "node:child_process";
import { constants } from "node:fs";
// src/errors.ts
var KnownError = class extends Error {
	/** 2 when an input or the description has to be changed, else 1. */
	exitCode = 1;
	/** Lines for a folded group below the message, none by default. */
	detail = [];
};
/** The machine lacks something: a tool, a right, space. */
var HostError = class extends KnownError {
	name = "HostError";
	/** @param lack what is missing, @param remedy how to get it */
	constructor(lack, remedy) {
		super(`${lack}: ${remedy}`);
	}
};
/** A program failed. */
var CommandError = class extends KnownError {
	name = "CommandError";
	program;
	args;
	outcome;
	/** The last lines it printed, newest last; at most 40. */
	lastLines;
	detail;
	constructor(program, args, outcome, lastLines) {
		super(commandMessage(knownAs(program, args), outcome, lastLines));
		this.program = program;
		this.args = args;
		this.outcome = outcome;
		this.lastLines = lastLines;
		this.detail = outcome.kind === "canceled" ? [] : [[program, ...args].join(" "), ...lastLines];
	}
};
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
		case "canceled": return `${program} was ended because the job was canceled`;
		case "missing": return `${program} is not installed or not on the PATH: install it, or let kiwi-oci do so with install-tools`;
	}
}
/** Shows any thrown value: its one line, what to fold below it, and the exit code it stands for. */
function describeError(thrown) {
	if (thrown instanceof KnownError) return {
		message: thrown.message,
		detail: thrown.detail,
		exitCode: thrown.exitCode
	};
	const error = thrown instanceof Error ? thrown : new Error(String(thrown));
	const filesystem = filesystemMessage(error);
	if (filesystem !== void 0) return {
		message: filesystem,
		detail: [],
		exitCode: 1
	};
	if (error.name === "AbortError") return {
		message: "the job was canceled",
		detail: [],
		exitCode: 1
	};
	return {
		message: `${error.message} (a bug in kiwi-oci: please report it with the lines below)`,
		detail: (error.stack ?? "").split("\n"),
		exitCode: 1
	};
}
/** As strerror(3) says ENOSPC and EDQUOT, in what a program prints. */
const NO_SPACE = /no space left on device|disk quota exceeded/i;
const SPACE_CODES = ["ENOSPC", "EDQUOT"];
/** Whether the disk is full or the quota used up: said by the system, or by a program that failed of it. */
function lacksSpace(error) {
	if (error instanceof CommandError) return error.lastLines.some((line) => NO_SPACE.test(line));
	return error instanceof Error && "code" in error && SPACE_CODES.includes(String(error.code));
}
/** What of the file system is no bug of ours but the machine's state. */
const FILESYSTEM = {
	EROFS: "the file system is read-only: set work-dir to a folder that can be written",
	EACCES: "the right to it is missing: give it, or name another folder with work-dir",
	EPERM: "the right to it is missing: give it, or name another folder with work-dir",
	ENAMETOOLONG: "the name is too long for the file system: use a shorter one",
	EMFILE: "too many files are open: raise the limit (ulimit -n)"
};
function filesystemMessage(error) {
	const { code, path, syscall } = error;
	if (path === void 0) return void 0;
	if (lacksSpace(error)) return `${path}: no space is left: free some, or set work-dir to a folder on a larger file system`;
	if (syscall === "mkdir" && code === "ENOENT") return `${path}: no folder can be made there: name another place`;
	const text = FILESYSTEM[code ?? ""];
	return text === void 0 ? void 0 : `${path}: ${text}`;
}
// src/command.ts
const KEPT_LINES = 40;
/** After SIGTERM a program has this long before it is killed. */
const GRACE_MILLISECONDS$1 = 5e3;
/**
* Runs a program from an argument list, never through a shell.
*
* @throws CommandError when it cannot be started, exits with a code not in `accept`, is ended by a signal, runs into
*   its time limit or is canceled. A non-zero exit is always an error. HostError where `cwd` is no folder; what `onLine`
*   throws, when the program has ended of it.
*/
async function runCommand(program, args, options = {}) {
	const fail = (outcome, lines) => new CommandError(program, args, outcome, lines);
	if (options.cwd !== void 0) await requireFolder(options.cwd);
	if (options.signal?.aborted) throw fail({ kind: "canceled" }, []);
	const child = spawn(program, args, {
		cwd: options.cwd,
		env: options.env ?? inheritedEnvironment(),
		stdio: [
			"pipe",
			"pipe",
			"pipe"
		]
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
	try {
		const [end] = await Promise.all([ended, ...readers]).catch(async (error) => {
			if (child.pid === void 0) throw isMissing(error) ? fail({ kind: "missing" }, []) : error;
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
function feed(stdin, { input, stopByEndOfInput }) {
	stdin.on("error", () => {});
	if (input !== void 0) stdin.write(input);
	if (!stopByEndOfInput) stdin.end();
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
		throw new HostError(`${folder} is no folder to work in (${code})`, "it was removed or closed meanwhile: run the job again");
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
	state.release = () => {
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
		], { accept: [0, IN_USE] });
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
	await runCommand("losetup", ["--detach", device]);
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
		await runCommand(program, args);
	} catch (error) {
		if (!(error instanceof CommandError)) throw error;
	}
}
// src/host/leftovers.ts
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
		if (attempt === TRIES) throw new HostError(`${left.join(", ")} cannot be released`, `end what still uses it; ${root} is left as it is`);
		await setTimeout$1(PAUSE_MILLISECONDS);
	}
	await sweepStaleNodes(root);
}
/**
* Releases a folder and removes it. Runs as root. A folder that does not exist is done already, so it may be called twice.
*
* @param folder the build folder, absolute; never a link
* @throws HostError where it is no folder of a build, or something of it is still in use: then nothing is removed
*/
async function removeWithLeftovers(folder) {
	const real = await realpath(folder).catch((error) => {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return void 0;
		throw error;
	});
	if (real === void 0) return;
	if (real !== join(await realpath(dirname(folder)), basename(folder)) || real.split("/").length < 3) throw new HostError(`${folder} is a link or too close to the root of the machine`, "it is left as it is: look at it yourself");
	await releaseLeftovers(real);
	await runCommand("rm", [
		"-r",
		"-f",
		"--one-file-system",
		"--",
		real
	]);
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
		await writeFile(carrier, Buffer.alloc(1 << 20));
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
	return unlessGone(runCommand(program, args));
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
// src/job/workfolder.ts
/** Only a folder that holds this file is ever released and removed as root. */
const MARKER = ".kiwi-oci";
// src/kiwi/job.ts
/**
* Reads the line of JSON that the supervisor is given.
*
* @throws Error when it is no job; the text is for our own log, only our own code writes jobs
*/
function parseJob(line) {
	const value = JSON.parse(line);
	if (!isRecord(value)) throw new Error("the job is no JSON object");
	if ("remove" in value) return {
		remove: path(value, "remove"),
		under: path(value, "under")
	};
	const owner = value["owner"];
	if (!isRecord(owner) || !isId(owner["uid"]) || !isId(owner["gid"])) throw new Error("the job names no owner");
	const bind = value["bind"];
	if (!isRecord(bind)) throw new Error("the job has no bind");
	const env = value["env"];
	if (!isRecord(env) || !Object.values(env).every(isText)) throw new Error("env of the job is no mapping of texts");
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
function isRecord(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
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
/** From SIGINT, after which KIWI undoes its mounts itself, to the end of everything. GitHub leaves 10 s in all. */
const GRACE_MILLISECONDS = 5e3;
/** As a shell reports a program that was killed. */
const KILLED = 137;
const EXIT_CODES = Array.from({ length: 256 }, (_, code) => code);
/** In the work folder while a supervisor works: its process number, and on a second line the place that it binds onto. */
const RUN_FILE = "supervisor.run";
/**
* A mount and a process namespace of its own: what KIWI mounts and starts in there ends with it. And nothing of it
* outlives this process, however that ends.
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
async function main() {
	if (process.getuid?.() !== 0) throw new HostError("building needs root", "run as root or with password-less sudo");
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
	if (text === "") throw new HostError("the supervisor was given no job", "kiwi-oci starts it itself");
	const job = parseJob(text);
	if ("remove" in job) return remove(job);
	return run(job, ended);
}
async function run(job, ended) {
	await checkMarked(job.workFolder);
	await checkNamespaces();
	await writeFile(join(job.workFolder, RUN_FILE), `${process.pid}\n${job.bind.to}`);
	try {
		return await supervise(job, ended);
	} finally {
		await releaseLeftovers(job.workFolder);
		await leavePlace(job.bind.to);
		await removeKeyrings(job);
		for (const folder of job.discard) await removeTree(within(folder, job.workFolder));
		for (const path of job.handOver) await handOver(path, job.owner);
		await rm(join(job.workFolder, RUN_FILE), { force: true });
	}
}
/**
* Starts the program and waits for its end. It leads a process group of its own, for SIGINT is sent to all of it: KIWI
* undoes its mounts at that signal alone.
*
* @returns its exit code
*/
async function supervise(job, ended) {
	const started = Promise.withResolvers();
	let announced = false;
	const take = (line) => {
		const announces = !announced && /^\d+$/.test(line);
		if (announces) started.resolve(Number(line));
		else process.stdout.write(`${line}\n`);
		announced ||= announces;
	};
	const inside = await boundCommand(job.bind, [job.program, ...job.args]);
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
	if (error instanceof CommandError && error.outcome.kind === "signal") return KILLED;
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
	try {
		await runCommand(PROTECTION[0], [...PROTECTION.slice(1), "true"]);
	} catch (error) {
		if (!(error instanceof CommandError)) throw error;
		throw new HostError(`root may not make namespaces here (${error.lastLines.at(-1) ?? error.message}), without which a build can leave mounts`, "run on the machine itself, or in a container with --privileged");
	}
}
async function remove({ remove: folder, under }) {
	if (await lstat(folder).catch(() => void 0) === void 0) return 0;
	const real = await realpath(folder);
	if (real !== join(await realpath(under), basename(folder))) throw new HostError(`${folder} is not the folder it says it is`, "remove it yourself");
	await checkMarked(real);
	const [pid = "", place = ""] = (await readFile(join(real, RUN_FILE), "utf8").catch(() => "")).split("\n");
	await endSupervisor(Number(pid));
	await removeWithLeftovers(real);
	if (place !== "") await leavePlace(place);
	return 0;
}
/** A supervisor that still works has its time to end, then it is killed and KIWI with it. */
async function endSupervisor(pid) {
	if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return;
	const running = async () => (await commandLine(pid)).includes(import.meta.filename);
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
	throw new HostError(`${folder} is no work folder of kiwi-oci`, `it lacks the file ${MARKER} and is left alone`);
}
/**
* Removes the keys that KIWI 11 keeps below /etc/apt while it builds and leaves there when it is killed
* (KIWI: `repository/apt.py`, named after the root tree).
*/
async function removeKeyrings(job) {
	const folder = "/etc/apt/keyrings";
	for (const discarded of job.discard) {
		const name = createHash("sha256").update(join(discarded, "image-root")).digest("hex").slice(0, 8);
		const keyrings = (await readdir(folder).catch(() => [])).filter((file) => file.startsWith(`kiwi-${name}-`));
		for (const keyring of keyrings) await rm(join(folder, keyring), { force: true });
	}
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
	]);
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
	process.stderr.write(`${describeError(error).message}\n`, () => process.exit(125));
});
export {};
