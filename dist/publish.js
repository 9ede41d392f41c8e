import { createRequire } from "node:module";
import { availableParallelism, hostname, machine, tmpdir, userInfo } from "node:os";
import { Worker } from "node:worker_threads";
import { constants, crc32, createGunzip, createZstdCompress, createZstdDecompress } from "node:zlib";
import { stripVTControlCharacters } from "node:util";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { constants as constants$1, createWriteStream, readFileSync, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { access, link, lstat, mkdir, mkdtemp, open, readFile, readdir, readlink, rename, rm, rmdir, stat, symlink, writeFile } from "node:fs/promises";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { once } from "node:events";
import http, { request } from "node:http";
import { request as request$1 } from "node:https";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import * as os from "os";
import { EOL } from "os";
import * as crypto from "crypto";
import * as fs from "fs";
import { constants as constants$2, promises } from "fs";
// \0rolldown/runtime.js
var __commonJSMin = (cb, mod) => () => (mod || (cb((mod = { exports: {} }).exports, mod, mod.exports), cb = null), mod.exports);
var __require = /* #__PURE__ */ (() => createRequire(import.meta.url))();
// src/disk/format.ts
const SECTOR_BYTES = 512;
const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
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
		unitBytes: SECTOR_BYTES
	},
	raw: {
		extension: "raw",
		driver: "raw",
		defaults: [],
		fixed: [],
		unitBytes: SECTOR_BYTES,
		whole: true
	},
	vmdk: {
		extension: "vmdk",
		driver: "vmdk",
		defaults: [],
		fixed: [],
		unitBytes: 64 * KIBIBYTE
	},
	vdi: {
		extension: "vdi",
		driver: "vdi",
		defaults: [],
		fixed: [],
		unitBytes: SECTOR_BYTES
	},
	vhd: {
		extension: "vhd",
		driver: "vpc",
		defaults: [],
		fixed: [],
		unitBytes: SECTOR_BYTES
	},
	vhdx: {
		extension: "vhdx",
		driver: "vhdx",
		defaults: [],
		fixed: ["subformat=dynamic"],
		unitBytes: 4 * KIBIBYTE
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
		unitBytes: 64 * KIBIBYTE,
		packed: true
	}
};
const DISK_FORMAT_NAMES = Object.keys(DISK_FORMATS);
function isDiskFormat(text) {
	return Object.hasOwn(DISK_FORMATS, text);
}
// src/kiwi/arguments.ts
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
// src/oci/annotations.ts
/** Where an annotation goes, in docker's words; docs.docker.com/build/metadata/annotations. */
const ANNOTATION_LEVELS = [
	"manifest",
	"index",
	"manifest-descriptor",
	"index-descriptor"
];
const RESERVED = ["disktype", "io.github.containers.compression.zstd"];
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
	[constants.ZSTD_c_hashLog]: 16,
	[constants.ZSTD_c_chainLog]: 15
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
			[constants.ZSTD_c_compressionLevel]: this.#level,
			[constants.ZSTD_c_checksumFlag]: 1,
			...this.#level === 3 ? SMALL_TABLES : {}
		};
		const chunkSize = bytes.length + Math.ceil(bytes.length / 128) + 1024;
		const flush = constants.ZSTD_e_end;
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
// src/json.ts
/** Whether what `JSON.parse` gave is an object, and no list. */
function isJsonObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
// src/oci/digest.ts
const DIGEST = /^sha256:[a-f0-9]{64}$/;
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
const DEPTH_LIMIT = 64;
/**
* The JSON object in a manifest, index or config that others wrote.
*
* @param subject names the document in the error: `the manifest of ghcr.io/acme/x`
* @throws ImageError when it is larger than 4 MiB, nested deeper than 64, not UTF-8, not JSON, not an object, or
*   has a name twice in one object
*/
function parseDocument$1(bytes, subject) {
	if (bytes.length > 4194304) throw new ImageError("image-document", subject, [`it has ${bytes.length} bytes, more than 4 MiB`]);
	if (depthOf(bytes) > DEPTH_LIMIT) throw new ImageError("image-document", subject, [`its JSON is nested deeper than ${DEPTH_LIMIT}`]);
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
	violations.push(...annotationViolations(value["annotations"], where), ...platformViolations(value["platform"], where));
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
/** What is wrong with an annotations member, which may be absent; image-spec annotations.md. */
function annotationViolations(value, where) {
	if (value === void 0) return [];
	return isJsonObject(value) && Object.values(value).every((text) => typeof text === "string") ? [] : [`${where} has annotations that are no mapping of texts`];
}
function platformViolations(value, where) {
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
mediaTypes.layer, mediaTypes.layer, mediaTypes.layerGzip, mediaTypes.layerGzip, mediaTypes.layerZstd, mediaTypes.layerZstd, mediaTypes.dockerLayer, mediaTypes.layer, mediaTypes.dockerLayerGzip, mediaTypes.layerGzip, mediaTypes.dockerLayerZstd, mediaTypes.layerZstd;
/**
* The manifest of an image in the bytes that others wrote.
*
* @param expectedMediaType what the registry or the descriptor called it; left out, the manifest's own word counts
* @param subject names it in the error: `the manifest of ghcr.io/acme/x`
* @throws ImageError with all violations: over 4 MiB or 500 layers, deep JSON, no sha256 digests, a media type that
*   contradicts `expectedMediaType`, members of an index beside those of a manifest, `urls`
*/
function parseManifest(bytes, expectedMediaType, subject = "the manifest") {
	const document = parseDocument$1(bytes, subject);
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
// src/oci/tar/tar.ts
const BLOCK_BYTES = 512;
/** POSIX.1 pax, ustar interchange format: the numbers are octal digits and a NUL. */
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const OCTAL_11_LIMIT = 8 ** 11;
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
	return Buffer.alloc((BLOCK_BYTES - sizeBytes % BLOCK_BYTES) % BLOCK_BYTES);
}
/** The end of an archive. */
function tarEnd() {
	return Buffer.alloc(2 * BLOCK_BYTES);
}
function ustarBlock(fields) {
	const block = Buffer.alloc(BLOCK_BYTES);
	block.write(fields.name, 0, NAME_BYTES, "latin1");
	block.write(octal(fields.mode, 7), 100, "latin1");
	block.write(octal(fields.uid, 7), 108, "latin1");
	block.write(octal(fields.gid, 7), 116, "latin1");
	block.write(octal(fields.sizeBytes, 11), 124, "latin1");
	block.write(octal(fields.mtimeSeconds, 11), 136, "latin1");
	block.write(" ".repeat(8), 148, "latin1");
	block.write(fields.typeflag, 156, "latin1");
	block.write("ustar\x0000", 257, "latin1");
	block.write(octal(0, 7), 329, "latin1");
	block.write(octal(0, 7), 337, "latin1");
	block.write(fields.prefix, 345, PREFIX_BYTES, "latin1");
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
	return block;
}
/** A number that the pax header gives instead stands as 0. */
function octal(value, digits) {
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
	if (path.length <= NAME_BYTES) return {
		name: path,
		prefix: ""
	};
	const slash = path.lastIndexOf("/", Math.min(PREFIX_BYTES, path.length - 2));
	const name = path.slice(slash + 1);
	return slash > 0 && name.length <= NAME_BYTES ? {
		name,
		prefix: path.slice(0, slash)
	} : void 0;
}
function asciiStandIn(path) {
	return path.replaceAll(/[^\x20-\x7e]/g, "_").slice(0, NAME_BYTES);
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
/**
* The `registry/repository` of a tag that was checked before.
*
* @throws Error for one that is none
*/
function repositoryOf(tag) {
	const parsed = parseReference(tag);
	if (typeof parsed === "string") throw new Error(`${tag} is no tag, and was never checked: ${parsed}`);
	return repositoryText(parsed);
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
	if (transport === void 0 || !(transport === "docker" || isLocal(transport))) return { problem: `'${text}' is no skopeo destination: write ${DESTINATION_FORMS}` };
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
	return isLocal(transport) || /^(tarball|ostree|sif|dockers?|https?|obsrepositories|obs|file)$/.test(transport) ? {
		transport,
		rest: text.slice(colon + 1)
	} : { rest: text };
}
function isLocal(transport) {
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
const PORT = /^([0-9]{1,5})(?:\/(tcp|udp|sctp))?$/;
/** Why a text names no port, as a part of a sentence; undefined when it does. */
function portProblem(text) {
	const number = Number(PORT.exec(text)?.[1] ?? NaN);
	if (number >= 1 && number <= 65535) return void 0;
	return `${JSON.stringify(text)} is not a port: write 1 to 65535, with /tcp or /udp after it where it matters`;
}
/** The port with its protocol, as docker writes its key of ExposedPorts; image-spec config.md: tcp where none is written. */
function portKey(text) {
	const [, number = text, protocol = "tcp"] = PORT.exec(text) ?? [];
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
	return { problem: `a list of texts is needed: ${isScalar(other) ? `write "${other}" in quotes` : `such as ${example}`}` };
}
/** A list, or one text with commas, as KIWI's attribute is written. */
function namesList(value) {
	return texts(typeof value === "string" ? value.split(",").map((name) => name.trim()) : value, "[\"acme/other:1.0\", \":stable\"]");
}
function scalar(value) {
	return isScalar(value) ? { value: `${value}` } : { problem: "write one text" };
}
function mapping(value) {
	if (!isJsonObject(value)) return { problem: "write a mapping: NAME: VALUE" };
	const wrong = Object.entries(value).find(([, member]) => member !== null && !isScalar(member));
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
function isScalar(value) {
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
const KINDS = [
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
// src/inputs/kinds.ts
/** Names of objects of Kubernetes: apimachinery pkg/util/validation, IsDNS1123Subdomain. */
const OBJECT_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
/** CDI makes labels of them; IsValidLabelValue in the same place. */
const LABEL_LIMIT = 63;
/** What is not known stands in the reader's problems, and a default here. */
function kindInputs(reader) {
	const kinds = chosen(reader, "kind", KINDS, "kind");
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
// src/plan/handover.ts
const isText$1 = (value) => typeof value === "string";
const isFlag$1 = (value) => typeof value === "boolean";
/** Of bytes, lines, things: whole and not below 0. */
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isSeconds = (value) => Number.isFinite(value) && value >= 0;
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
// src/job/builttext.ts
const isDescriptor = (value) => descriptorViolations(value, "it").length === 0;
const disk = {
	path: isText$1,
	format: isOneOf(DISK_FORMAT_NAMES),
	virtualSizeBytes: isCount,
	sizeBytes: isCount
};
const isChild = isMade({
	kind: isOneOf(KINDS),
	diskType: optionally(isOneOf(DISK_TYPES)),
	digest: isTextThat(isDigest),
	descriptor: isDescriptor,
	disk: isMade(disk),
	layerSizeBytes: isCount
});
/** The whole of what the build step writes. */
const isBuilt = isMade({
	workFolder: isAbsolutePath,
	layout: isAbsolutePath,
	reference: isText$1,
	digest: isTextThat(isDigest),
	descriptor: isDescriptor,
	disk: isMade({
		...disk,
		file: isAbsolutePath
	}),
	layerSizeBytes: isCount,
	children: (value) => Array.isArray(value) && value.length > 0 && value.every(isChild),
	base: optionally(isMade({
		name: isText$1,
		digest: isTextThat(isDigest)
	})),
	kiwi: optionally(isMade({ version: isText$1 })),
	phases: isListOf(isMade({
		name: isText$1,
		seconds: isSeconds
	}))
});
/** @throws InputError when the text is not what the build step wrote */
function parseBuilt(text) {
	return handedOver("built", text, isBuilt);
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
	const document = parseDocument$1(bytes, subject);
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
/**
* Replaces a file at once, when its content is on the disk: readers see the old or the new content, whole. Nothing of it
* stays on an error, of the source too.
*
* @throws HostError when the disk is full; other errors are passed on
*/
async function replaceFile(folder, name, content) {
	const temporary = await writeTemporary(folder, content instanceof Uint8Array ? [content] : content);
	await syncFile(temporary).catch(async (error) => {
		await rm(temporary, { force: true });
		throw spaceError(error, folder);
	});
	await publish(temporary, join(folder, name));
}
/** As `replaceFile`, without waiting for the disk: for layouts in work folders. */
async function putFile(folder, name, content) {
	await publish(await writeTemporary(folder, [content]), join(folder, name));
}
/** Waits until what a file holds is on the disk. */
async function syncFile(path) {
	await using file = await open(path, "r");
	await file.sync();
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
// src/oci/store/layout.ts
const LAYOUT_VERSION = "1.0.0";
/** Valid on the descriptors of index.json: the name by which skopeo and others find an image in a layout. */
const REF_NAME = "org.opencontainers.image.ref.name";
/** What containerd, docker's engine on it and podman call an image that they load; containerd core/images/annotations.go. */
const CONTAINERD_NAME = "io.containerd.image.name";
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
/** One entry of an `index.json` for each name; a single nameless one where there is none. */
function namedDescriptors(descriptor, names) {
	const { annotations = {}, ...rest } = descriptor;
	const { [REF_NAME]: _, ...others } = annotations;
	if (names.length === 0) return [Object.keys(others).length === 0 ? rest : {
		...rest,
		annotations: others
	}];
	return names.map(({ ref, whole }) => {
		const containerd = whole === void 0 ? {} : { [CONTAINERD_NAME]: whole };
		return {
			...rest,
			annotations: {
				...others,
				[REF_NAME]: ref,
				...containerd
			}
		};
	});
}
// src/oci/store/storedimage.ts
/**
* An image of a layout.
*
* @param descriptor of its manifest
* @throws ImageError when the manifest is another by now; errors of the file system are passed on
*/
async function readStoredImage(layout, descriptor) {
	return storedImage(descriptor, parseManifest(await readUnchangedManifest(layout, descriptor.digest)), (of) => blobPath(layout, of));
}
/** The bytes of a manifest. Throws what `readStoredImage` does. */
async function readUnchangedManifest(layout, digest) {
	const bytes = await readFile(blobPath(layout, digest));
	const found = digestOf(bytes);
	if (found === digest) return bytes;
	throw new ImageError("image-damaged", `the layout ${layout}`, [`its manifest ${digest} holds ${found}: it was changed`]);
}
/** @param fileOf where each blob of the image is */
function storedImage(descriptor, manifest, fileOf) {
	return {
		descriptor,
		manifest,
		blobs: [...new Map([
			descriptor,
			manifest.config,
			...manifest.layers
		].map(({ digest, size }) => [digest, size]))].map(([digest, sizeBytes]) => ({
			digest,
			sizeBytes,
			file: fileOf(digest)
		}))
	};
}
// src/oci/store/storedtree.ts
/**
* What a descriptor of a layout's index.json names.
*
* @throws ImageError when a document is another by now, or no manifest or index; errors of the file system are passed on
*/
async function readStoredTree(layout, descriptor) {
	if (descriptor.mediaType !== mediaTypes.index) return treeOf(await readStoredImage(layout, descriptor));
	const index = parseIndex(await readUnchangedManifest(layout, descriptor.digest), descriptor.mediaType);
	const images = await Promise.all(index.manifests.map((entry) => readStoredImage(layout, entry)));
	const own = {
		digest: descriptor.digest,
		sizeBytes: descriptor.size,
		file: blobPath(layout, descriptor.digest)
	};
	return {
		descriptor,
		index,
		images,
		blobs: [...new Map(images.flatMap((image) => image.blobs).map((blob) => [blob.digest, blob])).values(), own]
	};
}
/** The tree of one manifest alone. */
function treeOf(image) {
	return {
		descriptor: image.descriptor,
		images: [image],
		blobs: image.blobs
	};
}
/** The image that runs as a container; undefined where there are artifacts alone. */
function containerOf({ images }) {
	return images.find(({ manifest }) => manifest.config.mediaType === mediaTypes.config);
}
// src/oci/store/archive.ts
const CHUNK_BYTES$2 = 1048576;
/**
* The tar archive of a layout, in chunks: what tells a reader what there is comes before the blobs, which keep their order.
* The same blobs give the same bytes: no times, owner root. They are read as they are written out, in constant memory.
*
* @throws ImageError when a blob is not what its digest says; AbortError after `signal`; errors of the file system are
*   passed on
*/
async function* layoutArchive({ blobs }, options) {
	const { entries, documents = {}, signal } = options;
	const files = {
		"oci-layout": layoutMark(),
		"index.json": indexText(entries),
		...documents
	};
	for (const [path, bytes] of Object.entries(files)) yield Buffer.concat([
		tarHeader(entry("file", path, bytes.length)),
		bytes,
		tarPadding(bytes.length)
	]);
	yield Buffer.concat(["blobs", "blobs/sha256"].map((path) => tarHeader(entry("directory", path, 0))));
	for (const blob of blobs) {
		yield tarHeader(entry("file", blobName(blob), blob.sizeBytes));
		yield* content(blob, signal);
		yield tarPadding(blob.sizeBytes);
	}
	signal?.throwIfAborted();
	yield tarEnd();
}
/** Path of a blob in the archive. */
function blobName({ digest }) {
	return `blobs/sha256/${digestHex(digest)}`;
}
function entry(kind, path, sizeBytes) {
	return {
		kind,
		path,
		sizeBytes,
		mode: kind === "directory" ? 493 : 420,
		uid: 0,
		gid: 0,
		mtimeSeconds: 0
	};
}
async function* content({ file, digest, sizeBytes }, signal) {
	const damaged = (found) => new ImageError("image-damaged", `the blob ${digest}`, [`${file} holds ${found}`]);
	await using source = await open(file, constants$1.O_RDONLY | constants$1.O_NOFOLLOW);
	const { size } = await source.stat();
	if (size !== sizeBytes) throw damaged(`${size} bytes instead of ${sizeBytes}`);
	const hash = createHash("sha256");
	const end = Math.max(0, sizeBytes - 1);
	const chunks = source.createReadStream({
		autoClose: false,
		highWaterMark: CHUNK_BYTES$2,
		end
	});
	let read = 0;
	for await (const chunk of chunks) {
		signal?.throwIfAborted();
		hash.update(chunk);
		read += chunk.length;
		yield chunk;
	}
	const found = `sha256:${hash.digest("hex")}`;
	if (read !== sizeBytes || found !== digest) throw damaged(found);
}
// src/oci/container/configmembers.ts
/** Go's decoder makes nothing of null. */
const isAbsent = (value) => value === void 0 || value === null;
const isText = (value) => isAbsent(value) || typeof value === "string";
const isTexts$1 = (value) => isAbsent(value) || Array.isArray(value) && value.every((item) => typeof item === "string");
const isFlag = (value) => isAbsent(value) || typeof value === "boolean";
const isMap = (value) => isAbsent(value) || isJsonObject(value);
const isTextMap = (value) => isAbsent(value) || isJsonObject(value) && Object.values(value).every((text) => typeof text === "string");
/** A set: what stands behind a name means nothing, and is an object. */
const isSet = (value) => isAbsent(value) || isJsonObject(value) && Object.values(value).every(isMap);
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
		...isMap(config) ? [] : ["its config is no mapping"],
		...isJsonObject(config) ? kindViolations(config, RUNTIME, "its config") : [],
		...isAbsent(history) || Array.isArray(history) && history.every(isJsonObject) ? [] : ["its history is no list of entries"],
		...steps.filter(isJsonObject).flatMap((step, at) => kindViolations(step, STEP, `step ${at + 1} of its history`))
	];
}
function kindViolations(value, kinds, where) {
	return [...Object.entries(kinds).filter(([name, fits]) => !fits(value[name])).map(([name]) => `${where} has ${name} of the wrong kind`), ...miswrittenNames(value, Object.keys(kinds)).map((name) => `${where} has ${name}, written in another case`)];
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
	const document = parseDocument$1(bytes, subject);
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
		...without$1(document["rootfs"], emptyMembers(document))
	};
	return {
		...without$1(document, nulls),
		rootfs
	};
}
function emptyMembers(document) {
	const rootfs = document["rootfs"];
	return isJsonObject(rootfs) && rootfs["diff_ids"] === null ? ["diff_ids"] : [];
}
function without$1(value, keys) {
	return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}
function rootfsViolations(document) {
	const rootfs = document["rootfs"];
	if (!isJsonObject(rootfs)) return ["it has no rootfs"];
	const diffIDs = rootfs["diff_ids"] ?? [];
	const valid = Array.isArray(diffIDs) && diffIDs.every((id) => typeof id === "string" && isDigest(id));
	return [...rootfs["type"] === "layers" ? [] : ["its rootfs.type is not \"layers\""], ...valid ? [] : ["its diff_ids are no list of sha256 digests"]];
}
// src/oci/packing/decompression.ts
const CHUNK_BYTES$1 = 1048576;
/** The tar in a layer of OCI's media types; undefined for any other type. Broken content makes the stream fail. */
function decompressor(mediaType) {
	const buffers = {
		highWaterMark: CHUNK_BYTES$1,
		chunkSize: CHUNK_BYTES$1 / 4
	};
	switch (mediaType) {
		case mediaTypes.layer: return new PassThrough({ highWaterMark: CHUNK_BYTES$1 });
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
// src/oci/store/gziplayers.ts
/** Whether a layer is compressed with zstd. */
function hasZstdLayers({ manifest }) {
	return manifest.layers.some(isZstd);
}
/**
* The same image with gzip in place of zstd: the same config and diff IDs, every other layer untouched, and a manifest
* that differs in the descriptors of those layers only.
*
* @throws ImageError when a layer does not hold what the config says; HostError when the disk is full; AbortError after
*   `signal`
*/
async function gzipLayers(image, options) {
	const { folder } = options;
	const files = new Map(image.blobs.map(({ digest, file }) => [digest, file]));
	const diffIDs = await diffIDsOf(image, files);
	const layers = [];
	for (const [position, layer] of image.manifest.layers.entries()) {
		const changed = isZstd(layer) ? await gzipLayer(layer, files.get(layer.digest) ?? "", diffIDs[position], options) : layer;
		if (changed !== layer) files.set(changed.digest, join(folder, digestHex(changed.digest)));
		layers.push(changed);
	}
	const manifest = {
		...image.manifest,
		layers
	};
	const bytes = documentBytes(manifest);
	const digest = digestOf(bytes);
	files.set(digest, join(folder, digestHex(digest)));
	await putText(join(folder, digestHex(digest)), bytes);
	return storedImage({
		...image.descriptor,
		digest,
		size: bytes.length
	}, manifest, (of) => files.get(of) ?? "");
}
function isZstd({ mediaType }) {
	return mediaType === mediaTypes.layerZstd;
}
async function diffIDsOf({ manifest }, files) {
	return parseConfig(await readFile(files.get(manifest.config.digest) ?? "")).rootfs.diff_ids;
}
async function gzipLayer(layer, file, diffID, { folder, signal }) {
	await using source = await open(file, constants$1.O_RDONLY | constants$1.O_NOFOLLOW);
	const hash = createHash("sha256");
	const unpacked = decompressor(layer.mediaType);
	if (unpacked === void 0) throw new Error(`no decompressor for ${layer.mediaType}`);
	const chunks = zstdFrameChunks(source.createReadStream({
		autoClose: false,
		highWaterMark: 1048576
	}));
	let writing;
	try {
		await pipeline(Readable.from(chunks, { objectMode: false }), unpacked, (tar) => hashedChunks(tar, hash), (tar) => compressedChunks(tar, { algorithm: "gzip" }, signal), async (compressed) => {
			writing = writeBlob(folder, compressed);
			await writing;
		}, { ...signal === void 0 ? {} : { signal } });
	} catch (error) {
		signal?.throwIfAborted();
		if (!(error instanceof Error) || error instanceof KnownError || "path" in error) throw error;
		throw new ImageError("image-layer", `the layer ${layer.digest}`, [`it cannot be unpacked (${error.message})`]);
	} finally {
		await writing?.catch(() => {});
	}
	if (writing === void 0) throw new Error("the pipeline ended without a blob");
	const found = `sha256:${hash.digest("hex")}`;
	if (found !== diffID) throw new ImageError("image-layer", `the layer ${layer.digest}`, [`it holds ${found} instead of ${diffID}`]);
	const { digest, sizeBytes: size } = await writing;
	return {
		...layer,
		mediaType: mediaTypes.layerGzip,
		digest,
		size
	};
}
// src/registry/target/dockerimage.ts
/**
* An archive for `docker load`: that of a layout with docker's manifest.json beside index.json, as buildx writes it. So
* the layers stay compressed, nothing is copied beside the archive, and what reads OCI finds our digest and annotations.
*
* @param image without zstd layers
* @param names whole, for RepoTags
*/
function dockerArchive(image, names, signal) {
	const { config, layers } = image.manifest;
	const manifest = [{
		Config: blobName(config),
		RepoTags: names,
		Layers: layers.map(blobName)
	}];
	return layoutArchive(image, {
		entries: namedDescriptors(image.descriptor, names.map((name) => ({
			ref: name,
			whole: name
		}))),
		documents: { "manifest.json": documentBytes(manifest) },
		...signal === void 0 ? {} : { signal }
	});
}
/**
* Docker's format has no zstd layers: they are made gzip in a temporary folder, which the log says. All else stays as it
* is.
*/
function dockerForm({ tmpFolder, signal, report }) {
	const folders = [];
	let made;
	return {
		of: async (image) => {
			if (!hasZstdLayers(image)) return image;
			if (made !== void 0) return made;
			const folder = await mkdtemp(join(tmpFolder, "gzip-"));
			folders.push(folder);
			made = await gzipLayers(image, {
				folder,
				...signal === void 0 ? {} : { signal }
			});
			const digests = `${made.descriptor.digest} instead of ${image.descriptor.digest}`;
			report.info(`Docker's format takes no zstd layers: for docker they become gzip, and the digest ${digests}`);
			return made;
		},
		[Symbol.asyncDispose]: async () => {
			for (const folder of folders) await rm(folder, {
				recursive: true,
				force: true
			});
		}
	};
}
// src/registry/target/archivetarget.ts
/**
* Writes the archive of a layout with an image, or an index and all it names, in one step in place of what is there;
* without skopeo, which leaves the platform out of index.json and unpacks a copy of everything beside the archive.
*
* @param names in index.json
* @throws ImageError when a blob is damaged; HostError when the disk is full; errors of the file system are passed on
*/
async function writeOciArchive(tree, file, names, { signal }) {
	const entries = namedDescriptors(tree.descriptor, names);
	const content = { blobs: documentsFirst(tree) };
	await replaceFile(...placeOf(file), layoutArchive(content, {
		entries,
		...signal === void 0 ? {} : { signal }
	}));
}
/** Whoever reads the archive as it comes knows what there is before the layers do. */
function documentsFirst({ images, blobs }) {
	const layers = new Set(images.flatMap(({ manifest }) => manifest.layers).map(({ digest }) => digest));
	const isLayer = ({ digest }) => layers.has(digest);
	return [...blobs.filter((blob) => !isLayer(blob)), ...blobs.filter(isLayer)];
}
/**
* Writes an archive for `docker load` in the same way.
*
* @param image as docker takes it
* @param names whole
* @throws what `writeOciArchive` does
*/
async function writeDockerArchive(image, file, names, { signal }) {
	await replaceFile(...placeOf(file), dockerArchive(image, names, signal));
}
function placeOf(file) {
	const path = resolve(file);
	return [dirname(path), basename(path)];
}
// src/registry/engine.ts
const DEFAULT_HOST = "unix:///var/run/docker.sock";
const ANSWER_SECONDS$1 = 30;
const ANSWER_LIMIT = 16777216;
/**
* Loads an archive as `docker load` does.
*
* @returns undefined, or why the engine did not take it, in its words
* @throws HostError when it does not answer; what the archive throws
*/
async function loadArchive(archive, access) {
	const { status, text } = await ask(access, {
		path: "/images/load?quiet=1",
		body: archive
	});
	const said = text.split("\n").map(parsedLine).map((line) => line?.["error"] ?? line?.["message"]).find((word) => typeof word === "string");
	return said === void 0 && status === 200 ? void 0 : String(said ?? `it answered with status ${status}`);
}
/** @returns undefined when it has no image of that name @throws HostError when it does not answer */
async function readEngineImage(name, access) {
	const { status, text } = await ask(access, {
		path: `/images/${name}/json`,
		silenceSeconds: ANSWER_SECONDS$1
	});
	const image = status === 200 ? parsedLine(text) : void 0;
	if (image === void 0) return void 0;
	const rootFS = image["RootFS"];
	const layers = isJsonObject(rootFS) && Array.isArray(rootFS["Layers"]) ? rootFS["Layers"] : [];
	return {
		id: String(image["Id"]),
		diffIDs: layers.map(String)
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
			text: await (status === 200 && target ? saved(response, target) : textOf(response))
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
async function textOf(response) {
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
// src/registry/target/enginetarget.ts
/**
* Loads an image into docker's engine under its names, and reads it back: each name has to stand for our layers.
*
* @param image as docker takes it
* @param target for messages
* @param names whole
* @returns what the engine calls it: our digest where it keeps images in containerd, else that of the config
* @throws RegistryError when the engine does not take it, or holds something else then; HostError when it does not answer;
*   ImageError when a blob is damaged
*/
async function loadIntoEngine(image, target, names, access) {
	const refused = (code, why) => new RegistryError(code, `the image cannot be written to ${target}: ${why}`, {
		side: "target",
		reference: target
	});
	const config = image.blobs.find(({ digest }) => digest === image.manifest.config.digest);
	const diffIDs = parseConfig(await readFile(config?.file ?? "")).rootfs.diff_ids;
	const said = await loadArchive(dockerArchive(image, names, access.signal), access);
	if (said !== void 0) throw refused("registry-engine", `docker's daemon refuses it (${said.trim().replaceAll(/\s*\n\s*/g, " ")})`);
	const ids = /* @__PURE__ */ new Set();
	for (const name of names) {
		const found = await readEngineImage(name, access);
		if (found?.diffIDs.join() !== diffIDs.join()) throw refused("registry-read-back", `docker's daemon took it, but has ${found ? `other layers (${found.id})` : "nothing"} under ${name}`);
		ids.add(found.id);
	}
	return [...ids].join(", ");
}
// src/oci/store/content.ts
const CHUNK_BYTES = 1048576;
/** Reads a blob once, for its digest alone. */
async function blobContent(path, descriptor, signal) {
	return await withBlob(path, descriptor, async (file) => ({ violations: digestViolations(descriptor, await fileSha256(file, descriptor.size, signal)) }));
}
/** Opens the blob as what it has to be: a regular file of the announced size, no link to elsewhere. */
async function withBlob(path, descriptor, look) {
	try {
		await using file = await open(path, constants$1.O_RDONLY | constants$1.O_NOFOLLOW | constants$1.O_NONBLOCK);
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
async function fileSha256(file, sizeBytes, signal) {
	const hash = createHash("sha256");
	const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes));
	for (let offset = 0; offset < sizeBytes;) {
		signal?.throwIfAborted();
		const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, sizeBytes - offset), offset);
		if (bytesRead === 0) break;
		hash.update(buffer.subarray(0, bytesRead));
		offset += bytesRead;
	}
	return `sha256:${hash.digest("hex")}`;
}
function digestViolations(descriptor, digest) {
	return digest === descriptor.digest ? [] : [`holds ${digest}`];
}
// src/oci/store/bringing.ts
const READ_BYTES = 1048576;
/** Where no hard link can be: link(2). */
const UNLINKABLE = [
	"EXDEV",
	"EPERM",
	"EMLINK",
	"ENOSYS",
	"ENOTSUP"
];
/**
* Puts a blob into a folder that stays, under the name of its content: by hard link where that can be, else by a copy. It
* gets that name only when every byte was hashed: what lay in a work folder for an hour may not be what was written. A
* file of that name that is damaged is replaced.
*
* @returns whether there was none
* @throws ImageError when the file does not hold what its digest says; HostError when the disk is full; AbortError after
*   `signal`
*/
async function bringBlob(folder, blob, signal) {
	const path = join(folder, digestHex(blob.digest));
	const there = await lstat(path).catch(() => void 0);
	if (there !== void 0 && await damageOf(path, blob, signal) === void 0) return false;
	const temporary = join(folder, temporaryName());
	try {
		const damage = await linked(blob.file, temporary, folder) ? await damageOf(temporary, blob, signal) : await copied(blob, temporary, folder, signal);
		if (damage !== void 0) throw new ImageError("image-damaged", `the blob ${blob.digest}`, [`${blob.file} ${damage}`]);
		await rename(temporary, path);
	} finally {
		await rm(temporary, { force: true });
	}
	return there === void 0;
}
/** How a file contradicts its digest or size; undefined when it does not. */
async function damageOf(path, { digest, sizeBytes: size }, signal) {
	const { violations } = await blobContent(path, {
		mediaType: "",
		digest,
		size
	}, signal);
	return violations[0];
}
/** @returns false where a copy is needed */
async function linked(file, temporary, folder) {
	try {
		await link(file, temporary);
		return true;
	} catch (error) {
		const code = error instanceof Error && "code" in error ? String(error.code) : "";
		if (UNLINKABLE.includes(code)) return false;
		throw spaceError(error, folder);
	}
}
/** Copies and hashes in one pass. @returns as `damageOf` */
async function copied({ file, digest, sizeBytes }, temporary, folder, signal) {
	if (!(await lstat(file)).isFile()) return "is not a regular file";
	await using source = await open(file, constants$1.O_RDONLY | constants$1.O_NOFOLLOW);
	await using target = await open(temporary, "wx", 420);
	const { size } = await source.stat();
	if (size !== sizeBytes) return `has ${size} bytes instead of ${sizeBytes}`;
	const hash = createHash("sha256");
	const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, sizeBytes));
	for (let at = 0; at < sizeBytes;) {
		signal?.throwIfAborted();
		const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, sizeBytes - at), at);
		if (bytesRead === 0) return `ends at ${at} bytes`;
		const chunk = buffer.subarray(0, bytesRead);
		hash.update(chunk);
		await target.writeFile(chunk).catch((error) => {
			throw spaceError(error, folder);
		});
		at += bytesRead;
	}
	const found = `sha256:${hash.digest("hex")}`;
	return found === digest ? void 0 : `holds ${found}`;
}
// src/registry/target/beside.ts
/**
* Makes a new folder whole: filled under another name beside it, and renamed when all its files are on the disk. On an
* error nothing of it stays, nor of the folders above that were made for it.
*
* @param path absolute
* @returns false when something came to be there meanwhile, and nothing was done
*/
async function makeWhole(path, fill) {
	const made = await makeParents(path);
	const temporary = join(dirname(path), temporaryName());
	try {
		await makeFolder(temporary);
		await fill(temporary);
		await syncFiles(temporary);
		if (await takesPlace(temporary, path)) return true;
		await rm(temporary, {
			recursive: true,
			force: true
		});
		return false;
	} catch (error) {
		await rm(temporary, {
			recursive: true,
			force: true
		});
		for (const folder of made) await rmdir(folder).catch(() => {});
		throw error;
	}
}
/** @returns false when something is there already */
async function takesPlace(temporary, path) {
	try {
		await rename(temporary, path);
		return true;
	} catch (error) {
		const code = error instanceof Error && "code" in error ? String(error.code) : "";
		if ([
			"EEXIST",
			"ENOTEMPTY",
			"ENOTDIR"
		].includes(code)) return false;
		throw error;
	}
}
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
async function syncFiles(folder) {
	const files = (await readdir(folder, {
		recursive: true,
		withFileTypes: true
	})).filter((entry) => entry.isFile());
	await Promise.all(files.map(({ parentPath, name }) => syncFile(join(parentPath, name))));
}
/** @returns the folders above a path that were missing, the lowest first */
async function makeParents(path) {
	const missing = [];
	for (let folder = dirname(path); !await isThere(folder); folder = dirname(folder)) missing.push(folder);
	await makeFolder(dirname(path));
	return missing;
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
	await access(`${folder}/.`, constants$1.X_OK).catch(({ code }) => {
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
// src/registry/target/lock.ts
const HELD = "held";
/** Of flock(1), where another holds the lock and `-n` does not wait. */
const CONFLICT = 1;
/**
* Works while nobody else who asks for the same folder's lock does. The lock is the kernel's, on the folder itself, and
* held by flock(1) with `cat`: it ends with us however we end, and leaves no file.
*
* @throws CommandError when flock is missing or the job is canceled; what `work` throws
*/
async function locked(folder, access, work) {
	const release = await held(folder, access);
	try {
		return await work();
	} finally {
		await release();
	}
}
async function held(folder, access) {
	try {
		return await hold([
			"-n",
			"-x",
			folder
		], access);
	} catch (error) {
		if (!isExit(error)) throw error;
		if (error.outcome.code === CONFLICT) {
			access.report.info(`${folder}: waiting for another export into it`);
			return await hold(["-x", folder], access);
		}
		access.report.info(`${folder} cannot be locked (${error.message}): no other export may write to it now`);
		return async () => {};
	}
}
/** The job's signal ends the wait and not the lock: what was written is still cleaned up after an abort. */
async function hold(args, { environment: env, signal }) {
	const command = [...args, "cat"];
	const end = new AbortController();
	const cancel = () => end.abort();
	if (signal?.aborted) cancel();
	signal?.addEventListener("abort", cancel);
	const release = () => signal?.removeEventListener("abort", cancel);
	let ended = Promise.resolve();
	try {
		await new Promise((resolve, reject) => {
			const onLine = (line) => {
				if (line !== HELD) return;
				release();
				resolve();
			};
			const stop = {
				stopByEndOfInput: true,
				graceSeconds: 0,
				signal: end.signal
			};
			const options = {
				env,
				input: `${HELD}\n`,
				onLine,
				...stop
			};
			ended = runCommand("flock", command, options).then(() => reject(unheld(command)), reject);
		});
	} finally {
		release();
	}
	return async () => {
		end.abort();
		await ended;
	};
}
function unheld(command) {
	return new CommandError("flock", command, {
		kind: "exit",
		code: 0
	}, ["it ended without holding the lock"]);
}
function isExit(error) {
	return error instanceof CommandError && error.outcome.kind === "exit";
}
// src/registry/target/foldertarget.ts
/** c/image directory/directory_dest.go. */
const MARK = "Directory Transport Version: ";
const VERSION = "1.1\n";
/** What c/image writes into such a folder beside `version` and `manifest.json`; directory/directory_transport.go. */
const BLOB_OR_SIGNATURE = /^(?:[0-9a-f]{64}(?:\.manifest\.json|\.signature-\d+)?|signature-\d+)$/;
/**
* Writes an image in the form of `dir:`: the blobs and `manifest.json` side by side, of an index the manifests that it
* names too, as `HEX.manifest.json`. Without skopeo, which empties the folder first. A new folder comes to be whole; in
* one that is there the manifest changes in one step, and only then the blobs of the image before go. A failure leaves
* what there was.
*
* @throws HostError when the folder holds something else than an image, or the disk is full; ImageError when a blob is
*   damaged; errors of the file system are passed on
*/
async function writeToFolder(tree, folder, access) {
	const path = resolve(folder);
	const fill = async (temporary) => await addFiles(tree, temporary, [], access.signal);
	if (await namesIn(path, "the folder of an image") === void 0 && await makeWhole(path, fill)) return;
	await locked(path, access, async () => await replaceImage(tree, path, access.signal));
}
/** Whether a folder is empty or holds an image in the form of `dir:`. */
async function isImageFolder(folder, names) {
	if (names.length === 0) return true;
	return (await readFile(join(folder, "version"), "utf8").catch(() => "")).startsWith(MARK);
}
async function replaceImage(tree, folder, signal) {
	const before = await namesIn(folder, "the folder of an image") ?? [];
	if (!await isImageFolder(folder, before)) throw new HostError("host-destination", `${folder} holds something else than an image`, "export to another folder");
	await addFiles(tree, folder, before, signal);
	const ours = new Set(filesBeside(tree).map(({ name }) => name));
	for (const name of before.filter((each) => BLOB_OR_SIGNATURE.test(each) && !ours.has(each))) await rm(join(folder, name), { force: true });
}
async function addFiles(tree, folder, before, signal) {
	const manifest = await documentOf(tree.blobs.find(({ digest }) => digest === tree.descriptor.digest));
	const added = [];
	try {
		for (const { name, blob, isManifest } of filesBeside(tree)) {
			signal?.throwIfAborted();
			if (isManifest) await replaceFile(folder, name, await documentOf(blob));
			if (isManifest ? !before.includes(name) : await bringBlob(folder, blob, signal)) added.push(name);
		}
		for (const name of added) await syncFile(join(folder, name));
		signal?.throwIfAborted();
		if (!before.includes("version")) added.push("version");
		await replaceFile(folder, "version", Buffer.from(`${MARK}${VERSION}`));
		await replaceFile(folder, "manifest.json", manifest);
	} catch (error) {
		for (const name of added) await rm(join(folder, name), { force: true });
		throw error;
	}
}
/** A manifest or index, small enough to be read whole. */
async function documentOf(blob) {
	if (blob === void 0) throw new Error("the tree does not hold its own manifest");
	const bytes = await readFile(blob.file);
	const found = digestOf(bytes);
	if (found === blob.digest) return bytes;
	throw new ImageError("image-damaged", `the blob ${blob.digest}`, [`${blob.file} holds ${found}`]);
}
/** Everything beside `manifest.json` and `version`, as c/image calls it; directory/directory_transport.go. */
function filesBeside({ blobs, descriptor, images }) {
	const manifests = new Set(images.map((image) => image.descriptor.digest));
	return blobs.filter(({ digest }) => digest !== descriptor.digest).map((blob) => {
		const isManifest = manifests.has(blob.digest);
		const hex = digestHex(blob.digest);
		return {
			name: isManifest ? `${hex}.manifest.json` : hex,
			blob,
			isManifest
		};
	});
}
// src/registry/target/layouttarget.ts
/**
* Puts an image, or an index with all it names, into a layout, without skopeo, which leaves the platform out and writes
* index.json in place (c/image oci/layout/oci_dest.go). A new layout comes to be whole. One that is there keeps its other
* images and all that we do not know; its index changes in one step, and exports into it wait for one another. A failure
* leaves what there was.
*
* @param names of it there, none for one without; they are taken from other images of the layout
* @throws HostError when the folder holds something else than a layout, or the disk is full; ImageError when its index
*   is none, or a blob is damaged; errors of the file system are passed on
*/
async function writeToLayout(tree, folder, names, access) {
	const path = resolve(folder);
	const entries = namedDescriptors(tree.descriptor, names);
	const fill = async (temporary) => {
		const layout = await createLayout(temporary);
		for (const blob of tree.blobs) await bringBlob(layout.blobs, blob, access.signal);
		await writeIndex(layout, entries);
	};
	if (await namesIn(path, "an OCI layout") === void 0 && await makeWhole(path, fill)) return;
	await locked(path, access, async () => await addTree(tree, path, entries, access.signal));
}
/** @throws HostError when the folder holds something else than a layout; ImageError when its index is none */
async function readLayoutIndex(folder) {
	const names = await namesIn(folder, "an OCI layout") ?? [];
	if (names.length > 0 && !names.includes("oci-layout")) throw new HostError("host-destination", `${folder} holds something else than an OCI layout`, "export to an empty folder or to a layout");
	if (!names.includes("index.json")) return {};
	return parseDocument$1(await readFile(join(folder, "index.json")), `the index of ${folder}`);
}
async function addTree(tree, folder, added, signal) {
	const index = await readLayoutIndex(folder);
	const isNew = (await namesIn(folder, "an OCI layout"))?.length === 0;
	const brought = [];
	try {
		const layout = await createLayout(folder);
		for (const blob of tree.blobs) if (await bringBlob(layout.blobs, blob, signal)) brought.push(blobPath(folder, blob.digest));
		for (const path of [...brought, join(folder, "oci-layout")]) await syncFile(path);
		signal?.throwIfAborted();
		const entries = Array.isArray(index["manifests"]) ? index["manifests"] : [];
		const isOld = await Promise.all(entries.map((entry) => isReplaced(entry, added, {
			tree,
			folder
		})));
		const kept = entries.filter((_, at) => !isOld[at]);
		await replaceFile(folder, "index.json", documentBytes({
			...index,
			schemaVersion: 2,
			mediaType: mediaTypes.index,
			manifests: [...kept, ...added]
		}));
	} catch (error) {
		for (const path of brought) await rm(path, { force: true });
		if (isNew) await emptyLayout(folder);
		throw error;
	}
}
async function emptyLayout(folder) {
	await rm(join(folder, "oci-layout"), { force: true });
	for (const name of [join("blobs", "sha256"), "blobs"]) await rmdir(join(folder, name)).catch(() => {});
}
/**
* Replaced is what has the same name; without a name, what is nameless too and for no other platform: of two such images
* nobody could choose one.
*/
async function isReplaced(entry, by, { tree, folder }) {
	if (!isJsonObject(entry)) return false;
	const name = nameOf(entry);
	if (!by.some(({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] === name)) return false;
	if (name !== void 0) return true;
	const wanted = platformNames((tree.index?.manifests ?? [tree.descriptor]).map(({ platform }) => platform));
	const present = platformNames(await platformsOf(entry, folder));
	return present.length > 0 && present.every((each) => wanted.includes(each));
}
/** What an entry of index.json is for; nothing where it does not say it. */
async function platformsOf(entry, folder) {
	const { mediaType, digest, platform } = entry;
	if (mediaType !== mediaTypes.index || typeof digest !== "string" || !isDigest(digest)) return [platform];
	try {
		return parseIndex(await readFile(blobPath(folder, digest)), mediaType).manifests.map((each) => each.platform);
	} catch {
		return [];
	}
}
/** Under one name each; podman machine's are those of Go. */
function platformNames(platforms) {
	return platforms.flatMap((platform) => {
		if (!isJsonObject(platform)) return [];
		const { os, architecture, variant } = platform;
		if (typeof os !== "string" || typeof architecture !== "string") return [];
		return [platformKey({
			os,
			architecture,
			...typeof variant === "string" ? { variant } : {}
		})];
	});
}
function nameOf(entry) {
	const annotations = entry["annotations"];
	return isJsonObject(annotations) ? annotations[REF_NAME] : void 0;
}
/** First match wins: errors of c/image (docker/, copy/) stand inside one another, the innermost tells most. */
const PHASES = [
	[/requesting bear|obtain access token/i, "while a token was fetched"],
	[/pinging container registry/i, "at the first contact"],
	[/logging into|authenticating creds/i, "at the login"],
	[/(?:uploading|writing) manifest/i, "while the manifest was written"],
	[/happened during read|\b(?:reading|fetching) (?:blob|config)|image config/i, "while a blob was read"],
	[/writing (?:blob|config)|layer upload|uploading layer|reuse blob|whether a blob|\/blobs\/uploads\//i, "while a blob was written"],
	[/(?:reading|fetching) (?:manifest|image)|determining manifest/i, "while the manifest was read"]
];
/** Where in a push or a fetch skopeo failed, by its message; undefined where that does not say. */
function phaseOf(text) {
	return PHASES.find(([pattern]) => pattern.test(text))?.[1];
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
		const rest = [...Object.keys(above.auths), ...Object.keys(above.credHelpers)].reduce(without, below);
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
	const rest = without(logins, registry);
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
	return [...Object.keys(logins.auths), ...Object.keys(logins.credHelpers)].some((key) => isWithin(key, registry));
}
function without(logins, registry) {
	const kept = (entries) => Object.fromEntries(Object.entries(entries).filter(([key]) => !isWithin(key, normalKey(registry))));
	return {
		...logins,
		auths: kept(logins.auths),
		credHelpers: kept(logins.credHelpers)
	};
}
function isWithin(key, registry) {
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
	const entries = entriesOf(value, "auths", path).flatMap(([key, entry]) => {
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
	const entries = entriesOf(value, "credHelpers", path).flatMap(([key, helper]) => {
		if (typeof helper !== "string") throw unusable(path, `the helper of ${key} is no text`);
		return HELPER.test(helper) ? [[key, helper]] : [];
	});
	return Object.fromEntries(entries);
}
/** Go takes `null` for nothing. */
function entriesOf(value, name, path) {
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
		reason: brokenReason
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
		reason: brokenReason
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
function brokenReason(text) {
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
	const phase = phaseOf(text);
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
	const whole = quoted === void 0 ? last.trim() : unquoted(quoted);
	return (whole.length > TEXT_LIMIT ? `${whole.slice(0, TEXT_LIMIT)} …` : whole).replace(/^(?:Error )?(?:parsing|initializing|reading) (?:image name|source) "?\S+?"?: /, "");
}
function unquoted(text) {
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
/** Of what a job wrote and reads again. */
function readBackPurpose(reference, failure) {
	return {
		...targetPurpose(reference, failure),
		isWritten: true
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
		const answer = await attempt(all, access, purpose, asking);
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
async function attempt(args, access, { isWritten, side }, { input, judge }) {
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
// src/registry/target/pushorder.ts
/**
* Least specific tags last, so that what people follow moves when everything else is in place: versions by falling
* number of components, then other names, then `latest`. Else the given order.
*/
function pushOrder(tags) {
	return tags.toSorted((one, other) => specificity(other) - specificity(one));
}
/** What a push would do, for jobs that do not push. */
function describePush(tags) {
	if (tags.length === 0) return [];
	return ["nothing is pushed: push is false; it would go to", ...pushOrder(tags).map((tag) => `  ${tag}`)];
}
function specificity(reference) {
	const parsed = parseReference(reference);
	const tag = typeof parsed === "string" ? void 0 : parsed.tag;
	if (tag === void 0 || tag === "latest") return -1;
	const version = /^v?(\d+(?:\.\d+)*)(?![A-Za-z0-9])/.exec(tag)?.[1];
	return version === void 0 ? 0 : version.split(".").length;
}
// src/registry/target/staging.ts
/**
* Makes such a layout beside the files of the job; the blobs stay where they are. Its documents are what their digests
* say: skopeo copies a changed one without a word, under a digest of its own.
*
* @throws ImageError when the layout was changed; HostError when skopeo cannot work in the folder
*/
async function stageTree({ layout, descriptor }, access) {
	const tree = await readStoredTree(layout, descriptor);
	const manifests = [...tree.images.map((image) => image.descriptor), ...tree.index === void 0 ? [] : [descriptor]];
	const folder = await mkdtemp(join(access.tmpFolder, "staging-"));
	const remove = async () => await rm(folder, {
		recursive: true,
		force: true
	});
	try {
		await symlink(join(resolve(layout), "blobs"), join(folder, "blobs"));
		await putFile(folder, "oci-layout", layoutMark());
		await putFile(folder, "index.json", indexText(manifests.flatMap(stagedEntries)));
		const nameOf = ({ digest }) => folderName("oci", folder, digestHex(digest));
		nameOf(descriptor);
		return {
			tree,
			nameOf,
			[Symbol.asyncDispose]: remove
		};
	} catch (error) {
		await remove();
		throw error;
	}
}
function stagedEntries(descriptor) {
	return namedDescriptors(descriptor, [{ ref: digestHex(descriptor.digest) }]);
}
// src/registry/target/push.ts
/** Where a format is named, a refused index is not tried again as Docker's list, which tells another error than the first. */
const INDEX_ALONE = ["--multi-arch=index-only", "--format=oci"];
/**
* Pushes an image, or an index with all it names, to all tags, one after another. Whatever is pushed is read back and must
* carry our digest: skopeo's exit code says neither that a tag moved nor that it did not.
*
* @param onTag called for each tag that carries our digest now
* @returns those tags, in the order of `tags`
* @throws RegistryError at the first tag that does not carry our digest; ImageError when the layout was changed
*/
async function pushImage(source, tags, access, onTag = () => {}) {
	await using staging = await stageTree(source, access);
	const ready = /* @__PURE__ */ new Set();
	for (const tag of pushOrder(tags)) {
		const repository = repositoryOf(tag);
		if (!ready.has(repository)) await pushChildren(staging, repository, access);
		ready.add(repository);
		await pushManifest(staging, {
			descriptor: source.descriptor,
			to: tag
		}, access);
		onTag(tag);
	}
	return tags;
}
/**
* Pushes in the same way to no tag: who wants it asks for the digest.
*
* @param repository `registry/repository`
* @returns `registry/repository@digest`
* @throws what `pushImage` does
*/
async function pushByDigest(source, repository, access) {
	await using staging = await stageTree(source, access);
	await pushChildren(staging, repository, access);
	const { descriptor } = source;
	const to = `${repository}@${descriptor.digest}`;
	await pushManifest(staging, {
		descriptor,
		to
	}, access);
	return to;
}
/**
* Pushes what an index names, so that it can follow. One by one and not by `--all`, with which skopeo 1.14 to 1.20 write
* another index where a blob is packed by zstd (skopeo issue 2627).
*/
async function pushChildren(staging, repository, access) {
	const { index, images } = staging.tree;
	if (index === void 0) return;
	for (const { descriptor } of images) await pushManifest(staging, {
		descriptor,
		to: `${repository}@${descriptor.digest}`
	}, access);
}
async function pushManifest({ tree, nameOf }, { descriptor, to }, access) {
	const { digest, platform } = descriptor;
	const isTop = digest === tree.descriptor.digest;
	const child = isTop || platform === void 0 ? {} : { platform };
	await pushDocument({
		from: nameOf(descriptor),
		to,
		digest,
		isIndex: isTop && tree.index !== void 0,
		...child
	}, access);
}
async function pushDocument({ from, to, digest, isIndex, platform }, access) {
	const flags = [
		"--quiet",
		"--preserve-digests",
		...isIndex ? INDEX_ALONE : []
	];
	const purpose = targetPurpose(to, `the push to ${to} failed`);
	const isSettled = async ({ kind, phase }) => (kind === "still" || phase === "while the manifest was written") && await carried(to, access, 1) === digest;
	try {
		await copyImage({
			from,
			to: `docker://${to}`,
			flags
		}, access, purpose, { isSettled });
	} catch (error) {
		if (error instanceof CommandError && error.outcome.kind === "signal") return await afterKill(error, to, digest, access);
		if (!(error instanceof RefusedError)) throw error;
		const found = await carried(to, access, error.refusal.kind === "still" ? 1 : 3);
		if (found !== digest) throw new RefusedError(error.purpose, error.refusal, {
			...error.refused,
			ending: stateText(found)
		});
		access.report.info(`${error.message}; but ${to} carries ${digest}, so the push got through`);
		return;
	}
	await confirm(to, digest, access);
	access.report.info(`pushed ${to}${platform === void 0 ? "" : `, for ${platformText(platform)}`}`);
}
/** Somebody ended skopeo, or the system for want of memory: it is then asked how far it came. A cancel ends the question. */
async function afterKill(error, to, digest, access) {
	const found = await carried(to, access, 3);
	if (found === digest) {
		access.report.info(`${error.message}; but ${to} carries ${digest}, so the push got through`);
		return;
	}
	access.report.warning(`the push to ${to} was cut off; ${stateText(found)}`);
	throw error;
}
/** What stands there after a push that failed; it is asked for less long than a push tries. */
async function carried(name, access, tries) {
	try {
		const purpose = targetPurpose(name, `what ${name} carries cannot be read`);
		return digestOf(await readManifest(`docker://${name}`, access, purpose, { tries }));
	} catch (error) {
		if (!(error instanceof RefusedError)) throw error;
		return error.refusal.kind === "missing" ? "nothing" : void 0;
	}
}
function stateText(found) {
	if (found === void 0) return "what it carries now cannot be read";
	return found === "nothing" ? "nothing is there now" : `it carries ${found} now`;
}
/** Some registries answer from a copy that lags behind, so another answer is not the last word. */
async function confirm(to, digest, access) {
	const judge = (answer) => {
		const found = digestOf(answer);
		const reason = `it carries ${found} now, not our ${digest}; somebody else pushed at the same time, or the registry changes or drops what it gets`;
		return found === digest ? void 0 : {
			kind: "read-back",
			reason,
			transient: true
		};
	};
	const purpose = readBackPurpose(to, `${to} was pushed but cannot be read back`);
	try {
		await readManifest(`docker://${to}`, access, purpose, { judge });
	} catch (error) {
		if (!(error instanceof RefusedError) || error.refusal.kind !== "read-back") throw error;
		throw new RefusedError({
			...purpose,
			failure: `the push to ${to} had no effect`
		}, error.refusal, error.refused);
	}
}
// src/registry/target/storagetarget.ts
/**
* Writes an image into the storage of podman, under each name; the layers are written once. Each name is read back and
* must carry our digest.
*
* @param image the one of the source that is written
* @param names as skopeo takes them, behind `containers-storage:`
* @throws RegistryError when skopeo cannot write it, or the storage has another digest then; ImageError when the layout
*   was changed
*/
async function copyToStorage(source, image, names, access) {
	await using staging = await stageTree(source, access);
	for (const name of names) {
		const to = `containers-storage:${name}`;
		const purpose = targetPurpose(to, `the image cannot be written to ${to}`);
		await copyImage({
			from: staging.nameOf(image),
			to,
			flags: ["--quiet", "--preserve-digests"]
		}, access, purpose);
		const found = digestOf(await readManifest(to, access, readBackPurpose(to, `${to} was written but cannot be read back`)));
		if (found === image.digest) continue;
		throw new RegistryError("registry-read-back", `${to} has ${found} now, not our ${image.digest}: somebody else wrote to it at the same time`, {
			side: "target",
			reference: to
		});
	}
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
/**
* The names of an image for docker, whole as docker reads them: `acme/x` is `docker.io/acme/x:latest`. The choice is that
* of {@link refNames}.
*
* @param text the name in the destination's text
* @throws Error for a name that `nameProblem` has a problem with
*/
function dockerNames(text, names) {
	return [...new Set(chosenTexts(text, names).map(dockerName))];
}
/** The names of an image in container storage, each behind the store that the text may begin with: `[driver@root+run]`. */
function storageNames({ path }, names) {
	const { store, name } = storageParts(path);
	return isPlain(name) ? dockerNames(name, names).map((each) => `${store}${each}`) : [path];
}
function chosenTexts(text, names) {
	const own = names.map(containerNameText);
	if (text === void 0) return own;
	return own[0] !== void 0 && fullName(text) === fullName(own[0]) ? own : [text];
}
function dockerName(text) {
	const full = fullName(text);
	if (full === void 0) throw new Error(`${text} is no name of an image, and was never checked`);
	return full;
}
function fullName(text) {
	const parsed = parseReference(text);
	return typeof parsed === "string" ? void 0 : referenceText({
		...parsed,
		tag: parsed.tag ?? "latest"
	});
}
// src/registry/target/export.ts
/**
* Writes an image, or an index with all it names, to skopeo destinations, one after another. Our digest stays the same in
* all that can keep it; the log says of each what it carries. A layout that is there already keeps its other images; an
* archive or a folder that is there is replaced in one step, and stays when this fails.
*
* @param onWritten called after each, with how many are written by then
* @throws RegistryError, HostError, ImageError; errors of the file system are passed on
*/
async function exportImage(source, destinations, access, onWritten = () => {}) {
	await using forDocker = dockerForm(access);
	for (const [index, destination] of destinations.entries()) {
		if (destination.transport === "docker") await pushImage(source, [plainName(destination)], access);
		else {
			const { names, carries } = await writeTo(source, destination, forDocker, access);
			const as = names.length > 0 ? ` as ${names.join(", ")}` : "";
			access.report.info(`wrote ${plainName(destination)}${as}: ${carries}`);
		}
		onWritten(index + 1);
	}
}
async function writeTo(source, destination, forDocker, access) {
	const tree = await readStoredTree(source.layout, source.descriptor);
	const { digest } = tree.descriptor;
	const { path, transport } = destination;
	switch (transport) {
		case "oci": {
			const names = indexNames(destination, source.names);
			await writeToLayout(tree, path, names, access);
			return {
				names: names.map(({ ref }) => ref),
				carries: digest
			};
		}
		case "oci-archive": {
			const names = indexNames(destination, source.names);
			await writeOciArchive(tree, path, names, access);
			return {
				names: names.map(({ ref }) => ref),
				carries: digest
			};
		}
		case "dir":
			await writeToFolder(tree, path, access);
			return {
				names: [],
				carries: digest
			};
		case "containers-storage": {
			const { descriptor } = singleImage(tree, destination, access);
			const names = storageNames(destination, source.names);
			await copyToStorage(source, descriptor, names, access);
			return {
				names,
				carries: descriptor.digest
			};
		}
		case "docker-archive": {
			const names = dockerNames(destination.name, source.names);
			const fit = await forDocker.of(singleImage(tree, destination, access));
			await writeDockerArchive(fit, path, names, access);
			return {
				names,
				carries: `${fit.descriptor.digest} in its index.json; ${LOADED}`
			};
		}
		case "docker-daemon": {
			const names = dockerNames(path, source.names);
			const fit = await forDocker.of(singleImage(tree, destination, access));
			const id = await loadIntoEngine(fit, plainName(destination), names, access);
			return {
				names,
				carries: id === fit.descriptor.digest ? id : `image ID ${id}; ${LOADED}`
			};
		}
	}
}
/** What goes where no index can; the log says that it is not all. */
function singleImage(tree, destination, { report }) {
	const container = containerOf(tree);
	if (container === void 0) throw new Error(`there is no container for ${plainName(destination)}, and none was asked for`);
	if (tree.index !== void 0) {
		const { digest } = container.descriptor;
		report.info(`${plainName(destination)} holds one image and no index: it gets the container alone, ${digest}`);
	}
	return container;
}
const LOADED = "docker makes a manifest of its own of what it loads, which has another digest and no annotations (unless the engine keeps images in containerd)";
// src/job/result.ts
/**
* How far a push has come.
*
* @param tags of the plan
* @param carrying those of them that carry the digest by now
*/
function reachedTags(tags, carrying, digest) {
	const [first] = tags;
	return {
		tags: tags.filter((tag) => carrying.has(tag)),
		image: first !== void 0 && carrying.has(first) ? `${repositoryOf(first)}@${digest}` : ""
	};
}
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
// src/job/publish.ts
/**
* Writes the image to where it goes: exports first, so that a tag moves only when all else is done.
*
* @throws RegistryError, ImageError, HostError; what was reached before stands in the last `onProgress`
*/
async function publishImage(job) {
	const { plan, built, access, report, stopwatch, onProgress } = job;
	const source = {
		layout: built.layout,
		descriptor: built.descriptor,
		names: plan.names
	};
	let published = UNPUBLISHED;
	const reached = (change) => {
		published = {
			...published,
			...change
		};
		onProgress(published);
	};
	if (plan.exports.length > 0) {
		report.group("Export");
		await stopwatch.time("Export", () => exportImage(source, plannedDestinations(plan), access, (count) => reached({ exports: plan.exports.slice(0, count) })));
		report.endGroup();
	}
	const { pushByDigest: repository } = plan;
	if (repository !== void 0) {
		report.group("Push");
		reached({ image: await stopwatch.time("Push", () => pushByDigest(source, repository, access)) });
		report.endGroup();
		return published;
	}
	if (!plan.push) {
		for (const line of describePush(plan.tags)) report.info(line);
		return published;
	}
	report.group("Push");
	await stopwatch.time("Push", () => pushImage(source, plan.tags, access, (tag) => {
		reached(reachedTags(plan.tags, /* @__PURE__ */ new Set([...published.tags, tag]), built.digest));
	}));
	report.endGroup();
	return published;
}
/** Folders in which exports write files and folders under names of their own, until they are whole; absolute. */
function exportFolders(plan) {
	const paths = plannedDestinations(plan).flatMap((name) => {
		return [
			"oci",
			"oci-archive",
			"dir",
			"docker-archive"
		].includes(name.transport) && "path" in name ? [resolve(name.path)] : [];
	});
	return [...new Set(paths.flatMap((path) => [
		dirname(path),
		path,
		join(path, "blobs/sha256")
	]))];
}
/** Where the plan's exports go. */
function plannedDestinations(plan) {
	return plan.exports.map((text) => {
		const name = parseDestination(text);
		if ("problem" in name) throw new Error(`the plan holds a destination that is none: ${name.problem}`);
		return name;
	});
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
// src/plan/kinds.ts
/** Whether the disk goes into a tree of files, in which a base and a path have a meaning. */
function hasTree(kinds) {
	return kinds.includes("container") || kinds.includes("kubevirt");
}
// src/plan/children.ts
/** How the blob of a child is compressed; podman machine takes its disks packed by zstd, an artifact is the disk itself. */
function childCompression({ compression }, { kind }) {
	if (kind === "artifact") return { algorithm: "none" };
	if (hasTree([kind]) || compression.algorithm === "zstd") return compression;
	return { algorithm: "zstd" };
}
// src/job/summary.ts
/** @returns the job summary: what the image is, where it is, what it took, and how to get the disk out of it again. */
function summaryMarkdown(plan, built, published) {
	const title = plan.source.kind === "description" ? `${plan.source.name} ${plan.source.version}` : built.disk.path;
	const rows = [
		["Digest", code(built.digest)],
		["Tags", tagsText(published)],
		...published.exports.length > 0 ? [["Exported", published.exports.map(code).join("<br>")]] : [],
		["Platform", platformText(plan.platform)],
		...diskRows(plan, built),
		...hasTree(plan.kinds) ? [["Base", baseText(built)]] : [],
		...built.kiwi ? [["KIWI", built.kiwi.version]] : []
	];
	return [
		`### ${escaped(title)}`,
		"",
		"| | |",
		"| --- | --- |",
		...rows.map(([name, value]) => `| ${name} | ${value} |`),
		"",
		"| Phase | Time |",
		"| --- | ---: |",
		...built.phases.map(({ name, seconds }) => `| ${escaped(name)} | ${duration(seconds)} |`),
		"",
		...retrieval(plan, built, published)
	].join("\n");
}
function tagsText({ tags, image }) {
	if (tags.length > 0) return tags.map(code).join("<br>");
	return image === "" ? "not pushed" : `none, pushed as ${code(image)}`;
}
function baseText({ base }) {
	return base ? `${code(base.name)}<br>${code(base.digest)}` : "scratch";
}
function diskRows(plan, { children }) {
	const [only] = children;
	if (children.length === 1 && only !== void 0) return [["Disk", diskText(only)], ["Size", sizes(plan, only)]];
	return children.map((child) => [[child.kind, child.diskType].filter(Boolean).join(" "), `${diskText(child)}<br>${sizes(plan, child)}<br>${code(child.digest)}`]);
}
function diskText({ disk: { path, format } }) {
	return `${code(path)}, ${format}`;
}
function sizes(plan, child) {
	const { virtualSizeBytes, sizeBytes } = child.disk;
	const packed = childCompression(plan, child).algorithm === "none" ? "" : `, ${megabytes(child.layerSizeBytes)} compressed`;
	return `${megabytes(virtualSizeBytes)} virtual, ${megabytes(sizeBytes)} as file${packed}`;
}
/** Lines to copy; they need what takes the kind (podman or docker, oras) and nothing of ours. */
function retrieval(plan, built, { image, tags }) {
	if (image === "") return [];
	const byKind = new Map(built.children.map((child) => [child.kind, child]));
	const pulled = byKind.get("container") ?? byKind.get("kubevirt");
	const platform = built.children.length > 1 ? `--platform ${platformText(plan.platform)} ` : "";
	return [
		...pulled === void 0 ? [] : containerLines(image, pulled.disk.path),
		...byKind.has("artifact") ? block("Pull the disk as a file:", [`oras pull ${platform}${image}`]) : [],
		...byKind.has("podman-machine") ? block("Start it with podman machine:", [`podman machine init --image docker://${tags[0] ?? image}`]) : []
	];
}
function containerLines(image, path) {
	const name = path.slice(path.lastIndexOf("/") + 1);
	return block("Pull the image and take the disk out:", [
		`podman pull ${image}`,
		`podman create --name disk ${image} true`,
		`podman cp ${quoted(`disk:${path}`)} ${quoted(name)}`,
		"podman rm disk"
	]);
}
function block(title, lines) {
	return [
		title,
		"",
		"```sh",
		...lines,
		"```",
		""
	];
}
/** A size in MB of a million bytes, as registries and disks are sold. */
function megabytes(bytes) {
	return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
function duration(seconds) {
	return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
/** For a shell, only where it is needed: people read it. */
function quoted(text) {
	return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
/** Names come from descriptions: they must not break out of the table or its formatting. */
function escaped(text) {
	return text.replaceAll(/[\\`*_{}[\]<>#|!]/g, (sign) => `\\${sign}`).replaceAll(/\s+/g, " ");
}
function code(text) {
	return `\`${text.replaceAll(/[`|\s]/g, "")}\``;
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
	if (!isLocal(transport)) return { problem: `'${text}' is no source of a base: write ${BASE_FORMS}` };
	const name = localName(transport, rest);
	return "problem" in name || name.transport !== "dir" ? name : pathName(name.path, text);
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
const isTexts = isListOf(isText$1);
const isRecordOfTexts = isRecordOf(isText$1);
const orNull = (shape) => optionally(isAnyOf(isNull, shape));
const isChanges = isAnyOf(isText$1, isNull);
const isPlatform = isMade({
	os: isText$1,
	architecture: isText$1,
	variant: optionally(isText$1)
});
const isConfig = isMade({
	entrypoint: orNull(isTexts),
	cmd: orNull(isTexts),
	env: orNull(isRecordOf(isChanges)),
	labels: orNull(isRecordOf(isChanges)),
	user: orNull(isText$1),
	workdir: orNull(isText$1),
	expose: orNull(isTexts),
	volumes: orNull(isTexts),
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
	profiles: isTexts,
	version: isText$1,
	packageManager: isText$1,
	format: optionally(isText$1),
	diskFormat: optionally(isOneOf(DISK_FORMAT_NAMES)),
	archive: optionally(isText$1),
	bundleFormat: optionally(isText$1),
	formatOptions: isTexts,
	vhdFixedTag: optionally(isText$1),
	gceLicense: optionally(isText$1),
	machine: optionally(isMachine),
	derivedFrom: optionally(isText$1),
	derivedFromLine: optionally(isCount),
	filesystem: optionally(isText$1),
	filesystems: isTexts,
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
		additionalNames: orNull(isTexts)
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
	components: optionally(isTexts),
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
	profiles: isTexts,
	type: optionally(isText$1),
	selected: isSelected,
	kiwiName: isTextThat((text) => !/[/\0]/.test(text)),
	diskName: optionally(isTextThat((text) => !/[/\0]/.test(text))),
	packageManager: isText$1,
	hasFstabPatch: isFlag$1,
	repositories: isTexts,
	placeholders: isListOf(isPlaceholder),
	kiwiVersion: isText$1,
	globalArguments: isTexts,
	buildArguments: isTexts
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
	kinds: (value) => Array.isArray(value) && value.length > 0 && value.every(isOneOf(KINDS)),
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
// node_modules/@actions/core/lib/summary.js
var __awaiter$1 = function(thisArg, _arguments, P, generator) {
	function adopt(value) {
		return value instanceof P ? value : new P(function(resolve) {
			resolve(value);
		});
	}
	return new (P || (P = Promise))(function(resolve, reject) {
		function fulfilled(value) {
			try {
				step(generator.next(value));
			} catch (e) {
				reject(e);
			}
		}
		function rejected(value) {
			try {
				step(generator["throw"](value));
			} catch (e) {
				reject(e);
			}
		}
		function step(result) {
			result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
		}
		step((generator = generator.apply(thisArg, _arguments || [])).next());
	});
};
const { access: access$1, appendFile, writeFile: writeFile$1 } = promises;
const SUMMARY_ENV_VAR = "GITHUB_STEP_SUMMARY";
var Summary = class {
	constructor() {
		this._buffer = "";
	}
	/**
	* Finds the summary file path from the environment, rejects if env var is not found or file does not exist
	* Also checks r/w permissions.
	*
	* @returns step summary file path
	*/
	filePath() {
		return __awaiter$1(this, void 0, void 0, function* () {
			if (this._filePath) return this._filePath;
			const pathFromEnv = process.env[SUMMARY_ENV_VAR];
			if (!pathFromEnv) throw new Error(`Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`);
			try {
				yield access$1(pathFromEnv, constants$2.R_OK | constants$2.W_OK);
			} catch (_a) {
				throw new Error(`Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`);
			}
			this._filePath = pathFromEnv;
			return this._filePath;
		});
	}
	/**
	* Wraps content in an HTML tag, adding any HTML attributes
	*
	* @param {string} tag HTML tag to wrap
	* @param {string | null} content content within the tag
	* @param {[attribute: string]: string} attrs key-value list of HTML attributes to add
	*
	* @returns {string} content wrapped in HTML element
	*/
	wrap(tag, content, attrs = {}) {
		const htmlAttrs = Object.entries(attrs).map(([key, value]) => ` ${key}="${value}"`).join("");
		if (!content) return `<${tag}${htmlAttrs}>`;
		return `<${tag}${htmlAttrs}>${content}</${tag}>`;
	}
	/**
	* Writes text in the buffer to the summary buffer file and empties buffer. Will append by default.
	*
	* @param {SummaryWriteOptions} [options] (optional) options for write operation
	*
	* @returns {Promise<Summary>} summary instance
	*/
	write(options) {
		return __awaiter$1(this, void 0, void 0, function* () {
			const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
			const filePath = yield this.filePath();
			yield (overwrite ? writeFile$1 : appendFile)(filePath, this._buffer, { encoding: "utf8" });
			return this.emptyBuffer();
		});
	}
	/**
	* Clears the summary buffer and wipes the summary file
	*
	* @returns {Summary} summary instance
	*/
	clear() {
		return __awaiter$1(this, void 0, void 0, function* () {
			return this.emptyBuffer().write({ overwrite: true });
		});
	}
	/**
	* Returns the current summary buffer as a string
	*
	* @returns {string} string of summary buffer
	*/
	stringify() {
		return this._buffer;
	}
	/**
	* If the summary buffer is empty
	*
	* @returns {boolen} true if the buffer is empty
	*/
	isEmptyBuffer() {
		return this._buffer.length === 0;
	}
	/**
	* Resets the summary buffer without writing to summary file
	*
	* @returns {Summary} summary instance
	*/
	emptyBuffer() {
		this._buffer = "";
		return this;
	}
	/**
	* Adds raw text to the summary buffer
	*
	* @param {string} text content to add
	* @param {boolean} [addEOL=false] (optional) append an EOL to the raw text (default: false)
	*
	* @returns {Summary} summary instance
	*/
	addRaw(text, addEOL = false) {
		this._buffer += text;
		return addEOL ? this.addEOL() : this;
	}
	/**
	* Adds the operating system-specific end-of-line marker to the buffer
	*
	* @returns {Summary} summary instance
	*/
	addEOL() {
		return this.addRaw(EOL);
	}
	/**
	* Adds an HTML codeblock to the summary buffer
	*
	* @param {string} code content to render within fenced code block
	* @param {string} lang (optional) language to syntax highlight code
	*
	* @returns {Summary} summary instance
	*/
	addCodeBlock(code, lang) {
		const attrs = Object.assign({}, lang && { lang });
		const element = this.wrap("pre", this.wrap("code", code), attrs);
		return this.addRaw(element).addEOL();
	}
	/**
	* Adds an HTML list to the summary buffer
	*
	* @param {string[]} items list of items to render
	* @param {boolean} [ordered=false] (optional) if the rendered list should be ordered or not (default: false)
	*
	* @returns {Summary} summary instance
	*/
	addList(items, ordered = false) {
		const tag = ordered ? "ol" : "ul";
		const listItems = items.map((item) => this.wrap("li", item)).join("");
		const element = this.wrap(tag, listItems);
		return this.addRaw(element).addEOL();
	}
	/**
	* Adds an HTML table to the summary buffer
	*
	* @param {SummaryTableCell[]} rows table rows
	*
	* @returns {Summary} summary instance
	*/
	addTable(rows) {
		const tableBody = rows.map((row) => {
			const cells = row.map((cell) => {
				if (typeof cell === "string") return this.wrap("td", cell);
				const { header, data, colspan, rowspan } = cell;
				const tag = header ? "th" : "td";
				const attrs = Object.assign(Object.assign({}, colspan && { colspan }), rowspan && { rowspan });
				return this.wrap(tag, data, attrs);
			}).join("");
			return this.wrap("tr", cells);
		}).join("");
		const element = this.wrap("table", tableBody);
		return this.addRaw(element).addEOL();
	}
	/**
	* Adds a collapsable HTML details element to the summary buffer
	*
	* @param {string} label text for the closed state
	* @param {string} content collapsable content
	*
	* @returns {Summary} summary instance
	*/
	addDetails(label, content) {
		const element = this.wrap("details", this.wrap("summary", label) + content);
		return this.addRaw(element).addEOL();
	}
	/**
	* Adds an HTML image tag to the summary buffer
	*
	* @param {string} src path to the image you to embed
	* @param {string} alt text description of the image
	* @param {SummaryImageOptions} options (optional) addition image attributes
	*
	* @returns {Summary} summary instance
	*/
	addImage(src, alt, options) {
		const { width, height } = options || {};
		const attrs = Object.assign(Object.assign({}, width && { width }), height && { height });
		const element = this.wrap("img", null, Object.assign({
			src,
			alt
		}, attrs));
		return this.addRaw(element).addEOL();
	}
	/**
	* Adds an HTML section heading element
	*
	* @param {string} text heading text
	* @param {number | string} [level=1] (optional) the heading level, default: 1
	*
	* @returns {Summary} summary instance
	*/
	addHeading(text, level) {
		const tag = `h${level}`;
		const allowedTag = [
			"h1",
			"h2",
			"h3",
			"h4",
			"h5",
			"h6"
		].includes(tag) ? tag : "h1";
		const element = this.wrap(allowedTag, text);
		return this.addRaw(element).addEOL();
	}
	/**
	* Adds an HTML thematic break (<hr>) to the summary buffer
	*
	* @returns {Summary} summary instance
	*/
	addSeparator() {
		const element = this.wrap("hr", null);
		return this.addRaw(element).addEOL();
	}
	/**
	* Adds an HTML line break (<br>) to the summary buffer
	*
	* @returns {Summary} summary instance
	*/
	addBreak() {
		const element = this.wrap("br", null);
		return this.addRaw(element).addEOL();
	}
	/**
	* Adds an HTML blockquote to the summary buffer
	*
	* @param {string} text quote text
	* @param {string} cite (optional) citation url
	*
	* @returns {Summary} summary instance
	*/
	addQuote(text, cite) {
		const attrs = Object.assign({}, cite && { cite });
		const element = this.wrap("blockquote", text, attrs);
		return this.addRaw(element).addEOL();
	}
	/**
	* Adds an HTML anchor tag to the summary buffer
	*
	* @param {string} text link text/content
	* @param {string} href hyperlink
	*
	* @returns {Summary} summary instance
	*/
	addLink(text, href) {
		const element = this.wrap("a", text, { href });
		return this.addRaw(element).addEOL();
	}
};
const summary = new Summary();
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
// src/job/workfolder.ts
/** Only a folder that holds this file is ever released and removed as root. It says whom the folder belongs to. */
const MARKER = ".kiwi-oci";
/** What the names of folders of ours, and of KIWI's log beside them, begin with. */
const WORK_PREFIX = "kiwi-oci-";
const TRIES = 5;
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
// src/runner.ts
/** The runner refuses a step's summary above 1 MiB. */
const SUMMARY_LIMIT_BYTES = 9e5;
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
/** A summary that cannot be written, on a runner that has none, is no error of the job. */
async function writeSummary(report, markdown) {
	if (Buffer.byteLength(markdown) > SUMMARY_LIMIT_BYTES) return report.warning("the summary is too long for the runner");
	try {
		await summary.addRaw(markdown, true).write();
	} catch (error) {
		report.warning(`the summary could not be written: ${describeError(error).message}`);
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
// src/job/holder.ts
const BOOT_FILE = "/proc/sys/kernel/random/boot_id";
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
/** What the defaults and the wording of inputs depend on. */
function inputFacts(around, origin) {
	return {
		machine: around.machine,
		architecture: around.architecture,
		installTools: origin === "action",
		...around.sourceDateEpoch === void 0 ? {} : { sourceDateEpoch: around.sourceDateEpoch }
	};
}
// src/steps/publish.ts
await runStep(async (report, signal) => {
	const around = surroundings(process.env);
	const plan = parsePlan(takeValue(process.env, "plan"));
	const built = parseBuilt(takeValue(process.env, "built"));
	const { inputs } = readInputs(takeInputs(process.env).raw, inputFacts(around, "action"));
	if (inputs.login) maskSecret(inputs.login.username, inputs.login.password);
	await using folders = await stepFolders(around, exportFolders(plan));
	const stopwatch = new Stopwatch(() => Date.now());
	let published = UNPUBLISHED;
	try {
		const step = {
			tmpFolder: built.workFolder,
			report,
			signal,
			...folders.keeping
		};
		const onProgress = (now) => {
			published = now;
		};
		await withAccess(plan, inputs, around, step, (access) => publishImage({
			plan,
			built,
			access,
			report,
			stopwatch,
			onProgress
		}));
	} finally {
		setOutputs({
			image: published.image,
			tags: published.tags.join("\n"),
			metadata: metadataText(built, published)
		});
		const phases = [...built.phases, ...stopwatch.phases];
		if (plan.summary) await writeSummary(report, summaryMarkdown(plan, {
			...built,
			phases
		}, published));
	}
});
export {};
