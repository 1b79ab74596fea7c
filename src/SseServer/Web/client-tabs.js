function o(e,n){return{close(){}}}export{o as share};
