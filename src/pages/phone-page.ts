/** A page to talk to an agent by microphone, over the media socket like any other client. Needs https or localhost. */
export function phonePage(): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trunkline phone</title>
<style>:root{color-scheme:light dark;--fg:#1c1c1a;--bg:#fbfbfa;--muted:#6b6b66;--line:#d8d7d2;--go:#12805c;--stop:#b3261e}@media(prefers-color-scheme:dark){:root{--fg:#eceae4;--bg:#161615;--muted:#9a978f;--line:#3a3935}}
body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}main{max-width:420px;margin:8vh auto;padding:0 16px}h1{font-size:1.4rem}label{display:block;margin:12px 0 4px;font-size:.9rem;color:var(--muted)}
input{width:100%;box-sizing:border-box;font:inherit;padding:8px 10px;border:1px solid var(--line);border-radius:8px;background:transparent;color:inherit}button{font:inherit;width:100%;margin-top:20px;padding:12px;border:0;border-radius:24px;color:#fff;background:var(--go);cursor:pointer}button[data-on=true]{background:var(--stop)}button:disabled{opacity:.5}
#state{margin-top:16px;min-height:1.5em}meter{width:100%}.muted{color:var(--muted);font-size:.9rem}</style>
<main>
<h1>Talk to an agent</h1>
<form id="form">
<label for="key">API key</label><input id="key" type="password" autocomplete="off" required>
<label for="agent">Agent</label><input id="agent" value="agent_1" required>
<button id="go" data-on="false">Call</button>
</form>
<p id="state" role="status" aria-live="polite">Ready.</p>
<label for="level">Your microphone</label><meter id="level" min="0" max="1"></meter>
<p class="muted" id="page"></p>
</main>
<script type="module">${SCRIPT}</script>
</html>
`;
}

/** 8 kHz both ways: the worklet resamples where the browser's audio runs at another rate. */
const WORKLET = `class Phone extends AudioWorkletProcessor{
constructor(){super();this.step=sampleRate/8000;this.in=[];this.pos=0;this.sum=0;this.n=0;this.queue=[];this.at=0;this.started=false;this.total=0;
this.port.onmessage=({data})=>{if(data.clear){for(const q of this.queue)if(q.mark)this.port.postMessage({mark:q.mark});this.queue=[];this.at=0;this.total=0;this.started=false}else{this.queue.push(data);if(data.pcm)this.total+=data.pcm.length}}}
process(inputs,outputs){const input=inputs[0][0];if(input)for(const v of input){this.sum+=v;this.n++;this.pos+=1;if(this.pos>=this.step){this.pos-=this.step;this.in.push(this.sum/this.n);this.sum=0;this.n=0;if(this.in.length===160){this.port.postMessage({pcm:Float32Array.from(this.in)});this.in=[]}}}
const out=outputs[0][0];if(!this.started&&this.total>=480)this.started=true;if(this.started)for(let i=0;i<out.length;i++){let head=this.queue[0];while(head&&(head.mark||this.at>=head.pcm.length)){if(head.mark)this.port.postMessage({mark:head.mark});else{this.at-=head.pcm.length;this.total-=head.pcm.length}this.queue.shift();head=this.queue[0]}
if(!head){this.started=false;this.at=0;break}const j=Math.floor(this.at),a=head.pcm[j],b=head.pcm[Math.min(j+1,head.pcm.length-1)];out[i]=a+(b-a)*(this.at-j);this.at+=1/this.step}
else{while(this.queue[0]?.mark){this.port.postMessage({mark:this.queue.shift().mark})}}return true}}
registerProcessor('phone',Phone);`;

const SCRIPT = `const $=id=>document.getElementById(id),state=text=>{$('state').textContent=text};
const decode=new Float32Array(256),encode=v=>{let s=Math.max(-32635,Math.min(32635,Math.round(v*32768))),sign=s<0?128:0;s=Math.abs(s)+132;const e=Math.max(0,24-Math.clz32(s));return~(sign|e<<4|s>>e+3&15)&255};
for(let i=0;i<256;i++){const u=~i&255,m=((u&15)<<3)+132<<((u&112)>>4);decode[i]=(u&128?132-m:m-132)/32768}
try{$('key').value=sessionStorage.getItem('key')??''}catch{}
let call=null;
async function start(){const key=$('key').value.trim(),agent_id=$('agent').value.trim();try{sessionStorage.setItem('key',key)}catch{}
state('Asking for the microphone');const stream=await navigator.mediaDevices.getUserMedia({audio:{echoCancellation:true,noiseSuppression:true,autoGainControl:true}});
let context;try{context=new AudioContext({sampleRate:8000});context.createMediaStreamSource(stream)}catch{context=new AudioContext()}
await context.audioWorklet.addModule(URL.createObjectURL(new Blob([${JSON.stringify(WORKLET)}],{type:'text/javascript'})));
const reply=await fetch('/v1/convai/web-calls',{method:'POST',headers:{'content-type':'application/json','xi-api-key':key},body:JSON.stringify({agent_id})}),made=await reply.json();
if(!reply.ok){stream.getTracks().forEach(t=>t.stop());context.close();throw new Error(made.detail+(made.error?': '+made.error:''))}
const address=new URL(made.websocket_url);address.host=location.host;address.protocol=location.protocol==='https:'?'wss:':'ws:';
const socket=new WebSocket(address),node=new AudioWorkletNode(context,'phone',{outputChannelCount:[1]});context.createMediaStreamSource(stream).connect(node);node.connect(context.destination);
const send=message=>socket.readyState===1&&socket.send(JSON.stringify(message));let sid;
call={stop(){send({event:'stop',streamSid:sid});socket.close(1000)}};window.phone={context,node,frames:{in:0,out:0}};
socket.onopen=()=>{send({event:'connected'});send({event:'start'});state('Connected. Speak when you like.');$('go').textContent='Hang up';$('go').dataset.on=true;$('go').disabled=false};
node.port.onmessage=({data})=>{if(data.mark)return send({event:'mark',streamSid:sid,mark:{name:data.mark}});let loud=0,bytes='';for(const v of data.pcm){loud=Math.max(loud,Math.abs(v));bytes+=String.fromCharCode(encode(v))}$('level').value=loud;window.phone.frames.out++;send({event:'media',streamSid:sid,media:{payload:btoa(bytes)}})};
socket.onmessage=({data})=>{const m=JSON.parse(data);sid=m.streamSid??sid;if(m.event==='clear')node.port.postMessage({clear:true});else if(m.event==='mark')node.port.postMessage({mark:m.mark.name});else if(m.event==='media'){const bytes=atob(m.media.payload);window.phone.frames.in++;node.port.postMessage({pcm:Float32Array.from(bytes,c=>decode[c.charCodeAt(0)])})}};
socket.onclose=async e=>{stream.getTracks().forEach(t=>t.stop());call=null;$('go').textContent='Call';$('go').dataset.on=false;$('go').disabled=false;state(e.code===1000?'The call has ended.':'The connection was lost ('+(e.reason||e.code)+').');setTimeout(()=>context.close(),300);
const seen=await fetch('/v1/convai/conversations/'+made.call_sid,{headers:{'xi-api-key':key}}).then(r=>r.json()).catch(()=>null);if(seen?.page_url){const link=document.createElement('a');link.href=seen.page_url;link.textContent='The page of this call';$('page').replaceChildren(link)}}}
$('form').addEventListener('submit',e=>{e.preventDefault();if(call)return call.stop();$('go').disabled=true;start().catch(error=>{$('go').disabled=false;state(error.name==='NotAllowedError'?'The microphone was refused.':'That did not work. '+error.message)})});`;
