import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { lstat, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { randomUUID } from "node:crypto";
import * as os from "os";
import http from "node:http";
import { homedir, machine, release, tmpdir, userInfo } from "node:os";
// src/errors.ts
var KnownError = class extends Error {
	/** 2 when an input or the description has to be changed, else 1. */
	exitCode = 1;
	/** Lines for a folded group below the message, none by default. */
	detail = [];
};
var ProblemsError = class extends KnownError {
	exitCode = 2;
	problems;
	constructor(problems) {
		super(problems.map((problem) => `${problem.where}: ${problem.text}`).join("\n"));
		this.problems = problems;
	}
};
/** The user edits the workflow or the command line. May carry problems of the description found in the same look. */
var InputError = class extends ProblemsError {
	name = "InputError";
};
/** The user edits the description. */
var DescriptionError = class extends ProblemsError {
	name = "DescriptionError";
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
		super(commandMessage(program, outcome, lastLines));
		this.program = program;
		this.args = args;
		this.outcome = outcome;
		this.lastLines = lastLines;
		this.detail = [[program, ...args].join(" "), ...lastLines];
	}
};
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
// src/command.ts
const KEPT_LINES = 40;
/** After SIGTERM a program has this long before it is killed. */
const GRACE_MILLISECONDS = 5e3;
/**
* Runs a program from an argument list, never through a shell.
*
* @throws CommandError when it cannot be started, exits with a code not in `accept`, is ended by a signal, runs into
*   its time limit or is canceled. A non-zero exit is always an error.
*/
async function runCommand(program, args, options = {}) {
	const fail = (outcome, lines) => new CommandError(program, args, outcome, lines);
	if (options.signal?.aborted) throw fail({ kind: "canceled" }, []);
	const child = spawn(program, args, {
		cwd: options.cwd,
		env: options.env,
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
	child.stdin.on("error", () => {});
	if (options.input !== void 0) child.stdin.write(options.input);
	if (!options.stopByEndOfInput) child.stdin.end();
	const ended = new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (code, signal) => resolve({
			code,
			signal
		}));
	});
	const stopper = stopWhenAsked(child, options);
	try {
		const [end] = await Promise.all([ended, ...readers]);
		const lines = lastLines.length > 0 ? lastLines : tail(chunks);
		if (stopper.reason) throw fail(stopper.reason, lines);
		if (end.code === null) throw fail({
			kind: "signal",
			signal: end.signal ?? "an unknown signal"
		}, lines);
		if (!(options.accept ?? [0]).includes(end.code)) throw fail({
			kind: "exit",
			code: end.code
		}, lines);
		return {
			exitCode: end.code,
			stdout: Buffer.concat(chunks),
			stderr: errors.join("\n")
		};
	} catch (error) {
		if (isErrno(error) && ["ENOENT", "EACCES"].includes(error.code ?? "")) throw fail({ kind: "missing" }, []);
		throw error;
	} finally {
		stopper.release();
	}
}
function stopWhenAsked(child, options) {
	const state = { release: () => {} };
	const timers = [];
	const stop = (reason) => {
		state.reason ??= reason;
		if (options.stopByEndOfInput) child.stdin?.end();
		else child.kill("SIGTERM");
		const grace = options.graceSeconds === void 0 ? GRACE_MILLISECONDS : options.graceSeconds * 1e3;
		timers.push(setTimeout(() => child.kill("SIGKILL"), grace));
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
// src/host/privileges.ts
/** Finds out by the user id, then by whether sudo works without a password. */
async function findPrivileges(uid = process.getuid?.()) {
	if (uid === 0) return { kind: "root" };
	try {
		await runCommand("sudo", ["-n", "true"], { timeoutSeconds: 20 });
		return { kind: "sudo" };
	} catch (error) {
		if (error instanceof CommandError) return { kind: "none" };
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
		case "none": throw new HostError("building needs root", "run as root or with password-less sudo");
	}
}
/**
* Removes a folder of ours with everything that a build may have left in it: mounts, loop devices, files of root. The
* supervisor does it, as root, wherever KIWI worked.
*
* @param supervisor the node and the supervisor's file to start as root
*/
async function removeFolder(folder, privileges, supervisor) {
	if (!(await isThere(join(folder, ".kiwi-oci")) && await isThere(join(folder, "target")))) {
		await rm(folder, {
			recursive: true,
			force: true
		});
		return;
	}
	const { program, args } = asRoot(privileges, supervisor.nodePath, [supervisor.supervisorPath]);
	await runCommand(program, args, { input: `${JSON.stringify({
		remove: folder,
		under: dirname(folder)
	})}\n` });
}
async function isThere(path) {
	return await lstat(path).catch(() => void 0) !== void 0;
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
* Sets the action status to failed.
* When the action exits it will be with an exit code of 1
* @param message add error issue message
*/
function setFailed(message) {
	process.exitCode = ExitCode.Failure;
	error(message);
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
		info(line);
	}
	warning(line) {
		this.#open();
		warning(line);
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
		startGroup(title);
		this.#grouped = true;
	}
	endGroup() {
		this.#open();
		if (this.#grouped) endGroup();
		this.#grouped = false;
	}
	/** Shows an error: one annotation a problem, at its file and line where it has one, then the detail, folded. */
	error(thrown) {
		this.endGroup();
		const { message, detail, exitCode } = describeError(thrown);
		if (thrown instanceof InputError || thrown instanceof DescriptionError) for (const problem of thrown.problems) error(`${problem.where}: ${problem.text}`, {
			...problem.file === void 0 ? {} : { file: problem.file },
			...problem.line === void 0 ? {} : { startLine: problem.line }
		});
		else setFailed(message);
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
/** In the same process what was remembered so far; in the post entry all of it. */
function rememberedFolders() {
	const text = getState("folders") || "[]";
	const folders = JSON.parse(text);
	return Array.isArray(folders) ? folders.filter((folder) => typeof folder === "string") : [];
}
// src/steps/step.ts
/**
* Runs the main of a step: a cancel (SIGINT, then SIGTERM by the runner) aborts the signal, an error ends in one clear
* line, its detail and an exit code.
*/
async function runStep(main) {
	const report = new Runner();
	const controller = new AbortController();
	for (const name of [
		"SIGINT",
		"SIGTERM",
		"SIGHUP"
	]) process.on(name, () => controller.abort());
	try {
		await main(report, controller.signal);
		report.endGroup();
	} catch (error) {
		process.exitCode = report.error(error);
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
const PROXY_VARIABLES = [
	"http_proxy",
	"https_proxy",
	"ftp_proxy",
	"no_proxy",
	"all_proxy"
];
function surroundings(environment) {
	const { uid, gid, username } = userInfo();
	const home = environment["HOME"] || homedir();
	const caches = environment["XDG_CACHE_HOME"] || join(home, ".cache");
	const mirrorsFile = environment["KIWI_OCI_MIRRORS"];
	const sourceDateEpoch = environment["SOURCE_DATE_EPOCH"];
	const proxies = proxyVariables(environment);
	if (Object.keys(proxies).length > 0 && "setGlobalProxyFromEnv" in http) http.setGlobalProxyFromEnv(proxies);
	return {
		home,
		temp: environment["RUNNER_TEMP"] || tmpdir(),
		cacheFolder: join(caches, "kiwi-oci"),
		hosted: environment["RUNNER_ENVIRONMENT"] === "github-hosted",
		searchPath: environment["PATH"] ?? "",
		uid,
		gid,
		user: username,
		machine: machinePlatform(process.arch),
		architecture: machine(),
		release: environment["ImageOS"] || release(),
		nodePath: process.execPath,
		supervisorPath: resolve(import.meta.dirname, "supervisor.js"),
		loginFiles: loginFiles(environment, home, uid),
		proxies,
		...mirrorsFile ? { mirrorsFile } : {},
		...sourceDateEpoch ? { sourceDateEpoch } : {}
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
function proxyVariables(environment) {
	const names = PROXY_VARIABLES.flatMap((name) => [name, name.toUpperCase()]);
	return Object.fromEntries(names.flatMap((name) => environment[name] ? [[name, environment[name]]] : []));
}
// src/steps/cleanup.ts
/** The post entry of the steps that make folders: logins, mounts, loop devices and build folders end with the job. */
await runStep(async (report) => {
	const around = surroundings(process.env);
	const privileges = await findPrivileges();
	for (const folder of rememberedFolders()) try {
		await removeFolder(folder, privileges, around);
	} catch (error) {
		report.warning(`${folder} could not be removed: ${error instanceof Error ? error.message : String(error)}`);
	}
});
export {};
