// The cells in WebGL2: a texture that is a ring of columns, each uploaded when it changes, drawn in one pass.
//
// A row of the texture is a column of the picture, so that a column is one stretch of memory. Only whole texels are
// fetched: between two angles there is nothing to interpolate that would be right.

import { ANGLES, FADES, table } from "./colours.js";

const VERTEX = `#version 300 es
void main() { // one triangle over the whole picture
  gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D cells;
uniform sampler2D colours;
uniform ivec2 size; // columns, rows
uniform int first; // the ring's slot of the leftmost column
out vec4 colour;
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  int slot = (first + at.x) % size.x;
  uvec2 cell = texelFetch(cells, ivec2(size.y - 1 - at.y, slot), 0).rg;
  colour = cell.g == 0u ? vec4(0.0) : texelFetch(colours, ivec2(cell.r, cell.g >> 4), 0);
}`;

/** The browser has no WebGL2, or not enough of it. */
export class NoWebglError extends Error {}

export class WebglRenderer {
  kind = "webgl2";
  #gl;
  #columns = 0;
  #rows = 0;
  #waiting = false; // for a drawing to be done
  #prepared = 0; // times; what was made before the last one is of a context that is gone
  /** @type {WebGLTexture | null} */
  #cells = null;
  /** @type {Record<string, WebGLUniformLocation | null>} */
  #places = {};

  /** @param {HTMLCanvasElement} canvas @throws {NoWebglError} */
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", {
      alpha: true, antialias: false, depth: false, stencil: false, powerPreference: "high-performance",
    });
    if (gl === null) throw new NoWebglError("the browser has no WebGL2");
    this.#gl = gl;
    this.canvas = canvas;
    this.name = rendererName(gl);
    this.most = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    this.prepare();
  }

  /** Program and colours: at the start, and again when a lost context is back. @throws {NoWebglError} */
  prepare() {
    const gl = this.#gl;
    this.#prepared += 1;
    this.#waiting = false;
    const program = linked(gl);
    gl.useProgram(program);
    for (const name of ["cells", "colours", "size", "first"]) this.#places[name] = gl.getUniformLocation(program, name);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.bindVertexArray(gl.createVertexArray());
    texture(gl, 1);
    const colours = new Uint8Array(table().buffer);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, ANGLES, FADES, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
    gl.uniform1i(this.#places.colours, 1);
    gl.uniform1i(this.#places.cells, 0);
    this.#cells = null;
  }

  /** A picture of this many cells, all of them gaps. @param {number} columns @param {number} rows */
  resize(columns, rows) {
    const gl = this.#gl;
    [this.#columns, this.#rows] = [columns, rows];
    if (this.canvas.width !== columns || this.canvas.height !== rows) {
      [this.canvas.width, this.canvas.height] = [columns, rows];
    }
    gl.viewport(0, 0, columns, rows);
    gl.deleteTexture(this.#cells);
    this.#cells = texture(gl, 0);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RG8UI, rows, columns);
    this.put(0, new Uint8Array(2 * columns * rows)); // storage may hold anything
    gl.uniform2i(this.#places.size, columns, rows);
  }

  /** Successive columns of the ring, from a slot on. @param {number} slot @param {Uint8Array} cells */
  put(slot, cells) {
    const gl = this.#gl;
    const count = cells.length / (2 * this.#rows);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, slot, this.#rows, count, gl.RG_INTEGER, gl.UNSIGNED_BYTE, cells);
  }

  /** @param {number} first the slot that is leftmost */
  draw(first) {
    const gl = this.#gl;
    gl.uniform1i(this.#places.first, first);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** Call back when all that was asked for is drawn; not if another call still waits, or the context is lost. */
  whenDone(/** @type {() => void} */ done) {
    const gl = this.#gl;
    const fence = this.#waiting ? null : gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (fence === null) return;
    this.#waiting = true;
    const prepared = this.#prepared;
    gl.flush();
    // Asked by timers, 1 ms and later 4 ms apart: to ask without a pause would take the time that is to be measured.
    const ask = () => {
      if (prepared !== this.#prepared) return;
      const status = gl.clientWaitSync(fence, 0, 0);
      if (status === gl.TIMEOUT_EXPIRED && !gl.isContextLost()) {
        setTimeout(ask, 1);
        return;
      }
      this.#waiting = false;
      gl.deleteSync(fence);
      if (status !== gl.WAIT_FAILED && !gl.isContextLost()) done();
    };
    setTimeout(ask, 1);
  }

  dispose() {
    this.#gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

/** @param {WebGL2RenderingContext} gl @param {number} unit @returns {WebGLTexture | null} */
function texture(gl, unit) {
  const made = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, made);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return made;
}

/** @param {WebGL2RenderingContext} gl */
function linked(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of /** @type {const} */ ([[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]])) {
    const shader = gl.createShader(kind);
    if (shader === null || program === null) throw new NoWebglError("the context is lost");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new NoWebglError(`the shaders do not link: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}

/** @param {WebGL2RenderingContext} gl */
function rendererName(gl) {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(info === null ? gl.RENDERER : info.UNMASKED_RENDERER_WEBGL));
}
